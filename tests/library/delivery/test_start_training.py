from dataclasses import replace

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.registry import ModelVersion, champion_of
from sagemaker_mlops.delivery.start_training import parse_window, request_training
from sagemaker_mlops.delivery.target import target_of
from sagemaker_mlops.events.start_training.cause import Cause

VERSION = ModelVersion("arn:1", 1, "Approved", {})


def test_a_window_is_two_months() -> None:
    assert parse_window("2025-02:2025-07") == ("2025-02", "2025-07")


@pytest.mark.parametrize("text", ["", "2025-02", "2025-2:2025-07", "2025-07:2025-02", "2025-13:2026-01", "feb:jul"])
def test_anything_else_is_no_window(text: str) -> None:
    with pytest.raises(DeliveryError, match="expected a window of months"):
        parse_window(text)


def test_the_champion_is_the_version_released_last() -> None:
    first = replace(VERSION, metadata={"released_production": "2025-08-01T00:00:00.000+00:00"})
    second = replace(VERSION, number=2, metadata={"released_production": "2025-09-01T00:00:00.000+00:00"})
    never = replace(VERSION, number=3)
    assert champion_of([never, first, second]) == second
    assert champion_of([never]) is None


def test_an_environment_that_does_not_train_is_told() -> None:
    with pytest.raises(DeliveryError, match="production does not train"):
        request_training(target_of("production"), Cause("manual", "id-1"))
