"""Staging tests of a version: served version, contract, predictions as evaluated, and latency."""

import json
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import TEST_REQUEST_ID
from sagemaker_mlops.delivery.errors import DeliveryError, SmokeTestFailed
from sagemaker_mlops.delivery.gitops.decision_sheet import Check
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.releases.serving_state import served_version
from sagemaker_mlops.delivery.releases.smoke_records import SmokeRecords, read_smoke_records
from sagemaker_mlops.delivery.releases.smoke_test import smoke_test
from sagemaker_mlops.delivery.target import Target

UNKNOWN_FIELD = "not_in_the_contract"
HTTP_BAD_REQUEST, SHOWN = 400, 120


def run_staging_tests(target: Target, version: ModelVersion, contract: Contract) -> list[Check]:
    """Run the staging tests and return their results.

    If the endpoint does not serve the version, only that failure is returned. Otherwise every test runs, even if an
    earlier one failed.
    """
    served = served_version(target)
    if served != version.arn:
        return [Check("the version serves", False, f"{target.names.endpoint} serves {served or 'nothing'}")]
    records, known = read_smoke_records(target, version), contract.feature_names[0]
    return [
        Check("the version serves", True, f"{target.names.endpoint} serves version {version.number}"),
        _as_evaluated(target, records, version, contract),
        _refuses(target, records, "a field that it does not know", {UNKNOWN_FIELD: 1}, "unknown_field"),
        _refuses(target, records, "a value of another type", {known: {"not": "a value"}}, known),
    ]


def _as_evaluated(target: Target, records: SmokeRecords, version: ModelVersion, contract: Contract) -> Check:
    name = "predictions and latency are those promised"
    try:
        return Check(name, True, smoke_test(target, records, str(version.number), contract))
    except SmokeTestFailed as error:
        return Check(name, False, str(error))


def _refuses(target: Target, records: SmokeRecords, what: str, change: dict[str, Any], word: str) -> Check:
    """Check that a request that breaks the contract is answered with 400 and names the field or the rule."""
    name = f"the contract: {what} is refused"
    try:
        target.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=target.names.endpoint,
            ContentType="application/json",
            InferenceId=f"{TEST_REQUEST_ID}contract",
            Body=json.dumps({**records.records[0], **change}).encode(),
        )
    except ClientError as error:
        status, said = error.response.get("OriginalStatusCode"), str(error.response.get("OriginalMessage", ""))
        passed = status == HTTP_BAD_REQUEST and word in said
        return Check(name, passed, f"400, with {word}" if passed else f"answered {status}: {said[:SHOWN]}")
    return Check(name, False, "it was answered as if nothing were wrong")


def retraining_check(registry: Target) -> Check:
    """Check that a broken contract can start a training: the function is active and has a training image."""
    name, function = "a retraining can be started", registry.names.function("start-training")
    try:
        found = registry.client("lambda").get_function_configuration(FunctionName=function)
    except ClientError as error:
        return Check(name, False, f"{function}: {error.response['Error']['Message']}")
    if found.get("State", "Active") != "Active":
        return Check(name, False, f"{function} is {found['State']}")
    image = found.get("Environment", {}).get("Variables", {}).get("IMAGE_URI", "")
    if not image:
        return Check(name, False, f"{function} has no image: mlops deploy -e {registry.name} --image ...")
    return Check(name, True, f"{function} is active and has an image")


def refuse_failed(checks: list[Check]) -> None:
    """Raise DeliveryError that lists the failed tests, if any failed."""
    failed = [f"{check.name}: {check.said}" for check in checks if not check.passed]
    if failed:
        raise DeliveryError(f"{len(failed)} of {len(checks)} tests failed: {'; '.join(failed)}")
