"""Read `environments.yaml` into frozen settings. Bad values are told with file, line and key path."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sagemaker_mlops.contract.features import Frozen
from sagemaker_mlops.contract.yaml_file import describe_faults, read_yaml
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.project import ROOT

ENVIRONMENTS_FILE = ROOT / "environments.yaml"
LONGEST_PROJECT_NAME = 29
EnvironmentName = Literal["dev", "staging", "production"]


class SettingsError(ValueError):
    """The settings cannot be used; the message lists every fault with its place."""


class GitHub(Frozen):
    """Where the repository is, and whom its workflows may be for AWS."""

    owner: str = Field(min_length=1)
    repository: str = Field(min_length=1)
    # Repositories created, renamed or moved since July 2026 present immutable ids in their tokens.
    owner_id: Annotated[int, Field(ge=1)] | None = None
    repository_id: Annotated[int, Field(ge=1)] | None = None
    delivery_login: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\[bot\])?$")] = Field(
        default="github-actions[bot]",
        description="account of the workflows: their requests and comments count as our own; an App's is name[bot]",
    )
    api_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")] = "https://api.github.com"
    deploy_from: Literal["environment", "main_branch"] = Field(
        default="environment", description="main_branch: for plans without environments in private repositories"
    )
    reconcile_every_hours: Annotated[int, Field(ge=0, le=24)] = Field(
        default=1, description="how often lost events are looked for; 0: only by the workflow's own schedule"
    )
    oidc_provider: Literal["create", "existing"] = Field(
        default="create", description="existing: the account has GitHub's provider already; it can have only one"
    )

    @model_validator(mode="after")
    def _ids_go_together(self) -> Self:
        if (self.owner_id is None) != (self.repository_id is None):
            raise ValueError("owner_id and repository_id go together; write both: make github-ids APPLY=1")
        return self

    @property
    def subject_prefix(self) -> str:
        """What the subjects of the repository's OpenID Connect tokens begin with."""
        if self.owner_id and self.repository_id:
            return f"repo:{self.owner}@{self.owner_id}/{self.repository}@{self.repository_id}"
        return f"repo:{self.owner}/{self.repository}"


class Settings(Frozen):
    """Everything in the environments file."""

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=LONGEST_PROJECT_NAME)]
    team_email: str = Field(min_length=3)
    github: GitHub
    monitoring_runtime: Literal["model_monitor", "scheduled_pipeline"]
    environments: dict[EnvironmentName, Environment]

    @model_validator(mode="after")
    def _somebody_trains(self) -> Self:
        if not any(environment.trains for environment in self.environments.values()):
            raise ValueError("no environment trains; set trains: true for dev")
        return self

    @model_validator(mode="after")
    def _one_region(self) -> Self:
        # A model, its image and its archive are used where they are: SageMaker refuses those of another region.
        registry = self.environments[self.registry_environment]
        for name, environment in self.environments.items():
            if environment.region != registry.region:
                raise ValueError(
                    f"{name} is in {environment.region}, but {self.registry_environment}, whose model registry and "
                    f"images it uses, is in {registry.region}; use one region"
                )
        return self

    def environment(self, name: str) -> Environment:
        """Return one environment; raises SettingsError if there is none of that name."""
        found = {str(key): value for key, value in self.environments.items()}.get(name)
        if found is None:
            raise SettingsError(f"expected one of {', '.join(self.environments)}, found {name}")
        return found

    @property
    def registry_environment(self) -> EnvironmentName:
        """The environment whose registry everybody uses: the first that trains."""
        return next(name for name, environment in self.environments.items() if environment.trains)

    @property
    def consumer_accounts(self) -> tuple[str, ...]:
        """Other accounts that use the registry's versions, archives and images."""
        own = self.environments[self.registry_environment].account
        return tuple(sorted({environment.account for environment in self.environments.values()} - {own}))

    def is_first_of_its_account(self, name: str) -> bool:
        """Whether an environment makes what an account can have only once."""
        account = self.environment(name).account
        return name == next(key for key, other in self.environments.items() if other.account == account)


def settings_file() -> Path:
    """The environments file of this project: ENVIRONMENTS_FILE names another one of it, as the laptop does.

    Raises SettingsError if the shell was set up for another project.
    """
    path = Path(os.environ.get("ENVIRONMENTS_FILE") or ENVIRONMENTS_FILE)
    if path.resolve().parent != ENVIRONMENTS_FILE.resolve().parent:
        raise SettingsError(
            f"this shell is set up for another project: ENVIRONMENTS_FILE is {path}. "
            'Point it at this one: eval "$(make -s local-env)", or unset ENVIRONMENTS_FILE'
        )
    return path


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; raises SettingsError with one line per fault."""
    source = read_yaml(path or settings_file(), SettingsError)
    try:
        return Settings.model_validate(source.content)
    except ValidationError as error:
        raise SettingsError(describe_faults(source, error)) from None
