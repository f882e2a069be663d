"""Time limits and volumes of jobs are within what SageMaker documents, in botocore's model."""

from typing import Any

import botocore.session
import pytest
from pydantic import ValidationError
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.jobs import Jobs

ACCOUNT: dict[str, Any] = {"account": "111111111111", "region": "eu-west-1", "serves": True, "monitored": True}


@pytest.mark.parametrize(
    ("kind", "key", "shape", "unit"),
    [
        ("processing", "time_limit_minutes", "ProcessingMaxRuntimeInSeconds", 60),
        ("processing", "volume_gigabytes", "ProcessingVolumeSizeInGB", 1),
        ("monitoring", "time_limit_minutes", "MonitoringMaxRuntimeInSeconds", 60),
        ("monitoring", "volume_gigabytes", "ProcessingVolumeSizeInGB", 1),
    ],
)
def test_the_largest_value_is_the_services_own(kind: str, key: str, shape: str, unit: int) -> None:
    model = botocore.session.Session().get_service_model("sagemaker")
    largest = model.shape_for(shape).metadata["max"] // unit
    assert getattr(getattr(Jobs.model_validate({kind: {key: largest}}), kind), key) == largest
    for refused in (0, largest + 1):
        with pytest.raises(ValidationError, match=f"{kind}.{key}"):
            Jobs.model_validate({kind: {key: refused}})


def test_a_training_takes_28_days_at_most() -> None:
    """Source: botocore 1.43.106, StoppingCondition documentation: "The maximum value is 28 days." """
    Jobs.model_validate({"training": {"time_limit_minutes": 28 * 24 * 60}})
    with pytest.raises(ValidationError, match=r"training.time_limit_minutes"):
        Jobs.model_validate({"training": {"time_limit_minutes": 28 * 24 * 60 + 1}})


@pytest.mark.parametrize(("every", "longest"), [("hour", 60), ("day", 1440)])
def test_a_monitor_may_not_outlast_its_schedule(every: str, longest: int) -> None:
    """Source: botocore 1.43.106, MonitoringStoppingCondition documentation."""
    values = {**ACCOUNT, "monitor_every": every}
    Environment.model_validate({**values, "jobs": {"monitoring": {"time_limit_minutes": longest}}})
    if every == "hour":
        with pytest.raises(ValidationError, match=r"is 61, but monitors run every hour, and AWS allows at most 60"):
            Environment.model_validate({**values, "jobs": {"monitoring": {"time_limit_minutes": 61}}})


def test_the_defaults_are_allowed_for_the_shortest_schedule() -> None:
    assert Environment.model_validate({**ACCOUNT, "monitor_every": "hour"}).jobs == Jobs()
