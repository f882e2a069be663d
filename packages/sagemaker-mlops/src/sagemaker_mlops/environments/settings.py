"""Settings of `environments.yaml` as immutable pydantic models, and functions that load them."""

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
    """The settings are invalid; the message lists every error with its file, line and key path."""


class GitHub(Frozen):
    """GitHub repository of the project, and how its workflows get access to AWS."""

    owner: str = Field(min_length=1)
    repository: str = Field(min_length=1)
    # Tokens of repositories that were created, renamed or moved since July 2026 contain immutable ids.
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
            raise ValueError("owner_id and repository_id go together; write both: mlops github ids --apply")
        return self

    @property
    def page_url(self) -> str:
        """Address of the repository's page. An Enterprise server's API is below /api/v3 of its host.

        Source: https://docs.github.com/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api
        """
        host = "https://github.com" if self.api_url == "https://api.github.com" else self.api_url.split("/api/v3")[0]
        return f"{host}/{self.owner}/{self.repository}"

    @property
    def subject_prefix(self) -> str:
        """Prefix of the subject claim in the repository's OpenID Connect tokens."""
        if self.owner_id and self.repository_id:
            return f"repo:{self.owner}@{self.owner_id}/{self.repository}@{self.repository_id}"
        return f"repo:{self.owner}/{self.repository}"


class Settings(Frozen):
    """Settings in the environments file. Load them with `load_settings`."""

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=LONGEST_PROJECT_NAME)]
    team_email: str = Field(min_length=3)
    github: GitHub
    monitoring_runtime: Literal["model_monitor", "scheduled_pipeline"]
    poll_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=5.0, description="seconds between two status requests of a command; AWS throttles frequent ones"
    )
    environments: dict[EnvironmentName, Environment]

    @model_validator(mode="after")
    def _an_environment_trains(self) -> Self:
        if not any(environment.trains for environment in self.environments.values()):
            raise ValueError("at least one environment needs trains: true; set it for dev")
        return self

    @model_validator(mode="after")
    def _one_region(self) -> Self:
        # SageMaker rejects a model package, image or model archive in another region.
        registry = self.environments[self.registry_environment]
        for name, environment in self.environments.items():
            if environment.region != registry.region:
                raise ValueError(
                    f"{name} is in {environment.region}, but {self.registry_environment}, whose model registry and "
                    f"images it uses, is in {registry.region}; use one region"
                )
        return self

    def environment(self, name: str) -> Environment:
        """Return the environment with a name.

        Raises:
            SettingsError: if there is no environment of that name.
        """
        found = {str(key): value for key, value in self.environments.items()}.get(name)
        if found is None:
            raise SettingsError(f"expected one of {', '.join(self.environments)}, found {name}")
        return found

    @property
    def registry_environment(self) -> EnvironmentName:
        """Name of the environment whose model registry all environments use: the first with `trains: true`."""
        return next(name for name, environment in self.environments.items() if environment.trains)

    @property
    def consumer_accounts(self) -> tuple[str, ...]:
        """Ids of the other accounts, which use the registry's model packages, model archives and images."""
        own = self.environments[self.registry_environment].account
        return tuple(sorted({environment.account for environment in self.environments.values()} - {own}))

    def is_first_of_its_account(self, name: str) -> bool:
        """Return True if this environment creates the resources that an account can have only once.

        Such a resource, for example GitHub's OpenID Connect provider, belongs to the account's first environment.
        """
        account = self.environment(name).account
        return name == next(key for key, other in self.environments.items() if other.account == account)


def settings_file() -> Path:
    """Return the path of the environments file.

    The variable ENVIRONMENTS_FILE selects another file of the same project, such as environments.laptop.yaml for
    localcloud.

    Raises:
        SettingsError: if ENVIRONMENTS_FILE is not in the folder of this project.
    """
    path = Path(os.environ.get("ENVIRONMENTS_FILE") or ENVIRONMENTS_FILE)
    if path.resolve().parent != ENVIRONMENTS_FILE.resolve().parent:
        raise SettingsError(
            f"this shell is set up for another project: ENVIRONMENTS_FILE is {path}. "
            'Point it at this one: eval "$(mlops local env)", or unset ENVIRONMENTS_FILE'
        )
    return path


def load_settings(path: Path | None = None) -> Settings:
    """Load and validate the settings, from `settings_file()` by default.

    Raises:
        SettingsError: if the file is missing or invalid. The message has one line for each error: file, line, key
            path, what was expected and what was found.
    """
    source = read_yaml(path or settings_file(), SettingsError)
    try:
        return Settings.model_validate(source.content)
    except ValidationError as error:
        raise SettingsError(describe_faults(source, error)) from None
