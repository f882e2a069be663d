"""A release waits for a delivery that changes the same stacks, and says for what."""

from typing import Any

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.gitops import changing_stacks
from sagemaker_mlops.delivery.gitops.changing_stacks import wait_for_stacks
from sagemaker_mlops.delivery.target import Target, target_of


@pytest.fixture
def target() -> Target:
    return target_of("production")


def states(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """States of the serving stack, one look after the other, the last for ever."""
    left = list(found)

    def find_stack(_: Target, capability: str) -> dict[str, Any] | None:
        if capability != "serving":
            return None
        return {"StackStatus": left.pop(0) if len(left) > 1 else left[0]}

    monkeypatch.setattr(changing_stacks, "find_stack", find_stack)


def test_it_waits_until_the_stacks_are_at_rest(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    states(monkeypatch, "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
    said: list[str] = []
    pauses: list[float] = []
    wait_for_stacks(target, said.append, 10, pauses.append)
    assert len(pauses) == 2
    assert said == [f"waiting: {target.names.stack('serving')} is UPDATE_IN_PROGRESS"]


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    states(monkeypatch, "UPDATE_IN_PROGRESS")
    with pytest.raises(DeliveryError, match="run this job again"):
        wait_for_stacks(target, lambda _: None, 0, lambda _: None)


def test_a_stack_that_only_has_a_change_set_is_at_rest(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    states(monkeypatch, "REVIEW_IN_PROGRESS")
    wait_for_stacks(target, lambda _: None, 0, lambda _: None)
