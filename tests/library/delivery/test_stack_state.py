from typing import Any

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks import state
from sagemaker_mlops.delivery.stacks.destroy import destroy
from sagemaker_mlops.delivery.target import target_of


def set_status(monkeypatch: pytest.MonkeyPatch, status: str | None) -> None:
    def found(*_: object) -> dict[str, Any] | None:
        return {"StackStatus": status} if status else None

    monkeypatch.setattr(state, "find_stack", found)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("UPDATE_IN_PROGRESS", "somebody changes it at this moment"),
        ("DELETE_IN_PROGRESS", "try again when that has ended"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name"),
        ("ROLLBACK_FAILED", "delete it in the CloudFormation console"),
        ("DELETE_FAILED", "mlops destroy -e production"),
    ],
)
def test_a_stack_that_nothing_can_change_is_told_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, status: str, words: str
) -> None:
    set_status(monkeypatch, status)
    with pytest.raises(DeliveryError, match=f"is {status}: .*{words}"):
        state.check_changeable(target_of("production"), "serving")


@pytest.mark.parametrize("status", [None, "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_the_others_can_be_changed(monkeypatch: pytest.MonkeyPatch, status: str | None) -> None:
    set_status(monkeypatch, status)
    state.check_changeable(target_of("production"), "serving")


def test_an_environment_has_the_stacks_of_what_it_does() -> None:
    assert state.capabilities(target_of("dev")) == ["foundation", "training", "monitoring"]
    assert state.capabilities(target_of("production")) == ["foundation", "serving", "monitoring"]


@pytest.mark.parametrize("confirmed", ["", "production", "yes"])
def test_nothing_is_destroyed_without_its_full_name(confirmed: str) -> None:
    with pytest.raises(DeliveryError, match="--confirm purchase-intent-production"):
        destroy(target_of("production"), lambda _text: None, confirmed)
