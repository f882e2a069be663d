"""Read `environments.yaml` into frozen settings. Bad values are told with file, line and key path."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from contract.features import Frozen
from contract.yaml_file import describe_faults, read_yaml

ENVIRONMENTS_FILE = Path(__file__).parent.parent / "environments.yaml"
LONGEST_PROJECT_NAME = 29
EnvironmentName = Literal["dev", "staging", "production"]
InstanceType = Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]


class SettingsError(ValueError):
    """The settings cannot be used; the message lists every fault with its place."""


class GitHub(Frozen):
    """Where the repository is."""

    owner: str = Field(min_length=1)
    repository: str = Field(min_length=1)


class Environment(Frozen):
    """One environment: an AWS account and region, and what happens there."""

    account: Annotated[str, Field(pattern=r"^\d{12}$", description="AWS account id, 12 digits in quotes")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    trains: bool = False
    serves: bool = False
    processing_instance_type: InstanceType = "ml.m5.large"
    training_instance_type: InstanceType = "ml.m5.large"
    serving_instance_type: InstanceType = "ml.m5.large"
    serving_instance_count: Annotated[int, Field(ge=1, le=100)] = 1


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

    def environment(self, name: str) -> Environment:
        """Return one environment; raises SettingsError if there is none of that name."""
        found = {str(key): value for key, value in self.environments.items()}.get(name)
        if found is None:
            raise SettingsError(f"expected one of {', '.join(self.environments)}, found {name}")
        return found

    @property
    def registry_environment(self) -> str:
        """The environment whose registry everybody uses: the first that trains."""
        return next(name for name, environment in self.environments.items() if environment.trains)


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
