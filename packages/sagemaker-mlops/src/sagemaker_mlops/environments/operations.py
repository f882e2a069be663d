"""Operations settings: retraining, rollout of new versions, and alarm windows.

They are not part of the contract and the image does not contain the file, so a change needs a deployment but neither a
new image nor a new training.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sagemaker_mlops.contract.features import Fraction, Frozen
from sagemaker_mlops.contract.yaml_file import describe_faults, read_yaml
from sagemaker_mlops.environments.settings import SettingsError
from sagemaker_mlops.project import ROOT

OPERATIONS_FILE = ROOT / "operations.yaml"
SCHEMA_FILE = OPERATIONS_FILE.with_name("operations.schema.json")


class Alarms(Frozen):
    """Number of the last windows_observed windows that must violate the contract before an alarm fires."""

    windows_to_alarm: Annotated[int, Field(ge=1)] = 2
    windows_observed: Annotated[int, Field(ge=1)] = 3

    @model_validator(mode="after")
    def _alarm_can_fire(self) -> Self:
        if self.windows_to_alarm > self.windows_observed:
            raise ValueError(
                f"windows_to_alarm {self.windows_to_alarm} is above windows_observed {self.windows_observed}, "
                "so the alarm could never fire; lower it"
            )
        return self


class Retraining(Frozen):
    """Conditions for trainings that start automatically, and the training window."""

    schedule: str = Field(pattern=r"^(cron|rate)\(.+\)$", description="An EventBridge schedule expression.")
    cooldown_hours: Annotated[int, Field(ge=0)]
    minimum_new_rows: Annotated[int, Field(ge=0)]
    window_months: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None, description="Train on the newest months only; default: on all there are."
    )


class Shadow(Frozen):
    """Checks that a version must pass on a copy of the traffic before traffic moves to it."""

    requests: Annotated[int, Field(ge=20, le=1_000_000)] = Field(
        default=500, description="Copied requests to compare on."
    )
    minimum_agreement: Fraction = Field(
        default=0.8, description="Share of requests on which both versions decide alike."
    )
    maximum_shift: Fraction = Field(
        default=0.1, description="How far the scores may move from one version to the other, on average (0 to 1)."
    )


class Rollout(Frozen):
    """Steps in which traffic moves to a new version, and minutes to observe the guard alarms after each."""

    strategy: Literal["canary", "linear", "all_at_once"]
    step_percent: Annotated[int, Field(ge=5, le=50)] = 10
    bake_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    shadow_first: bool = Field(default=False, description="Compare with a copy of the traffic before any of it moves.")
    shadow: Shadow = Shadow()


class Operations(Frozen):
    """Operations settings of the model: retraining, rollout and alarms. Load them with `load_operations`."""

    version: Literal[1]
    retraining: Retraining
    rollout: Rollout
    alarms: Alarms = Alarms()


def load_operations(path: Path = OPERATIONS_FILE) -> Operations:
    """Load and validate the operations file.

    Raises:
        SettingsError: if the file is missing or invalid. The message has one line for each error: file, line, key
            path, what was expected and what was found.
    """
    source = read_yaml(path, SettingsError)
    try:
        return Operations.model_validate(source.content)
    except ValidationError as error:
        raise SettingsError(describe_faults(source, error)) from None
