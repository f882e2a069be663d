"""Each test of staging, made to fail in turn, keeps a version from being proposed."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.delivery.errors import DeliveryError, SmokeTestFailed
from sagemaker_mlops.delivery.gitops import staging_tests as module
from sagemaker_mlops.delivery.gitops.decision_sheet import Check
from sagemaker_mlops.delivery.gitops.staging_tests import refuse_failed, retraining_check, run_staging_tests
from sagemaker_mlops.delivery.releases.smoke_records import SmokeRecords
from sagemaker_mlops.delivery.target import Target, target_of

from tests.library.delivery.gitops.versions import version

CONTRACT = load_contract()
KNOWN = CONTRACT.feature_names[0]
ENDPOINT = target_of("staging").names.endpoint
STARTER = target_of("dev").names.function("start-training")
GOOD_FUNCTION = {"State": "Active", "Environment": {"Variables": {"IMAGE_URI": "image"}}}


class Staging:
    """An endpoint and a function that behave, unless something is named as broken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
        self.broken, self.version = broken, version(3)
        served = None if broken == "serves" else self.version.arn
        monkeypatch.setattr(module, "served_version", lambda _: served)
        monkeypatch.setattr(module, "read_smoke_records", lambda *_: SmokeRecords([{KNOWN: 1}], [0.5]))
        monkeypatch.setattr(module, "smoke_test", self.smoke_test)
        monkeypatch.setattr(Target, "client", lambda _, __: self)

    def smoke_test(self, *_: Any) -> str:
        if self.broken == "scores":
            raise SmokeTestFailed("50 of 50 hold-out records are scored otherwise")
        return "50 hold-out records scored as in the evaluation"

    def invoke_endpoint(self, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        what = "unknown_field" if module.UNKNOWN_FIELD in json.loads(Body) else KNOWN
        if self.broken == what:
            return {}
        error: Any = {
            "Error": {"Code": "ModelError", "Message": ""},
            "OriginalStatusCode": 400,
            "OriginalMessage": what,
        }
        raise ClientError(error, "InvokeEndpoint")

    def get_function_configuration(self, **_: Any) -> dict[str, Any]:
        return {"State": "Active"} if self.broken == "retraining" else GOOD_FUNCTION

    def checks(self) -> list[Check]:
        return [*run_staging_tests(target_of("staging"), self.version, CONTRACT), retraining_check(target_of("dev"))]


def test_a_version_that_keeps_everything_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = Staging(monkeypatch, "nothing").checks()
    assert [check.passed for check in checks] == [True] * 5
    refuse_failed(checks)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("serves", f"the version serves: {ENDPOINT} serves nothing"),
        ("scores", "predictions and latency are those promised: 50 of 50 hold-out records"),
        ("unknown_field", "a field that it does not know is refused: it was answered as if nothing were wrong"),
        (KNOWN, "a value of another type is refused: it was answered as if nothing were wrong"),
        ("retraining", f"a retraining can be started: {STARTER} has no image"),
    ],
)
def test_each_test_refuses_by_itself(monkeypatch: pytest.MonkeyPatch, broken: str, message: str) -> None:
    with pytest.raises(DeliveryError) as raised:
        refuse_failed(Staging(monkeypatch, broken).checks())
    assert message in str(raised.value)
    assert str(raised.value).startswith("1 of ")
