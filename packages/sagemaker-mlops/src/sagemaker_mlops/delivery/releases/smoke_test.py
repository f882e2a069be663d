"""Smoke test of an endpoint: predictions as evaluated, and latency within the contract."""

import json
import math
import uuid
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import TEST_REQUEST_ID
from sagemaker_mlops.delivery.errors import DeliveryError, SmokeTestFailed
from sagemaker_mlops.delivery.releases.smoke_records import SmokeRecords
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.runtime.answer_fields import flat_scores, scores_of

# Different processors round sums differently in the last bits.
TOLERANCE = 1e-6
LATENCY_REQUESTS, LATENCY_ROUNDS, WARM_UP_REQUESTS = 100, 3, 10
QUANTILE = 0.99
TIME_ATTRIBUTE = "milliseconds="


def smoke_test(target: Target, records: SmokeRecords, model_version: str, contract: Contract) -> str:
    """Test the served version and return a sentence with the result.

    Args:
        target: Environment of the endpoint.
        records: Hold-out records with their evaluated scores.
        model_version: Version number that the endpoint must report.
        contract: Contract with the latency limit.

    Raises:
        SmokeTestFailed: The endpoint reports another version, scores or latency, or refuses a record.
        DeliveryError: The endpoint could not be called, for example for a lack of permissions.
    """
    content = _content(_ask(target, {"records": records.records}))
    if content["model_version"] != model_version:
        raise SmokeTestFailed(f"version {content['model_version']} answered, not version {model_version}")
    wrong = _differing(records.scores, content["predictions"])
    if wrong:
        raise SmokeTestFailed(
            f"{wrong} of {len(records.scores)} hold-out records are scored otherwise than in the evaluation: the "
            "image, the model's files or the encoding are not those that were evaluated"
        )
    milliseconds = _latency(target, records, contract.latency.p99_milliseconds)
    return (
        f"{len(records.scores)} hold-out records scored as in the evaluation; "
        f"99 of 100 answers within {milliseconds:.1f} ms (promised: {contract.latency.p99_milliseconds:g} ms)"
    )


def _differing(expected: list[Any], predictions: list[dict[str, Any]]) -> int:
    """Return the number of records that are scored otherwise than expected."""
    if len(expected) != len(predictions):
        return len(expected)
    pairs = zip(expected, predictions, strict=True)
    return sum(not _is_close(flat_scores([one]), scores_of(prediction)) for one, prediction in pairs)


def _is_close(expected: list[float], found: list[float]) -> bool:
    if len(expected) != len(found):
        return False
    pairs = zip(expected, found, strict=True)
    return all(math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for one, other in pairs)


def _latency(target: Target, records: SmokeRecords, promised_milliseconds: float) -> float:
    """Return the p99 latency of single records in milliseconds, as the server measures it without the network.

    Other load can only slow a response down, so the best of up to three rounds counts for each record. Raise
    SmokeTestFailed if the p99 exceeds the limit after all rounds.
    """
    chosen = [records.records[number % len(records.records)] for number in range(LATENCY_REQUESTS)]
    for record in chosen[:WARM_UP_REQUESTS]:
        _ask(target, record)
    best = [math.inf] * len(chosen)
    for _ in range(LATENCY_ROUNDS):
        milliseconds = (_server_milliseconds(_ask(target, record)) for record in chosen)
        best = [min(pair) for pair in zip(best, milliseconds, strict=True)]
        p99 = sorted(best)[int(QUANTILE * (len(best) - 1))]
        if p99 <= promised_milliseconds:
            return p99
    raise SmokeTestFailed(f"99 of 100 answers take up to {p99:.1f} ms, the limit is {promised_milliseconds:g} ms")


def _server_milliseconds(answer: dict[str, Any]) -> float:
    attributes = str(answer.get("CustomAttributes", ""))
    found = [part for part in attributes.split(";") if part.startswith(TIME_ATTRIBUTE)]
    if not found:
        raise SmokeTestFailed("the server does not tell how long it took; its image is older than this project's")
    return float(found[0].removeprefix(TIME_ATTRIBUTE))


def _ask(target: Target, content: Any) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = target.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=target.names.endpoint,
            ContentType="application/json",
            Body=json.dumps(content).encode(),
            InferenceId=f"{TEST_REQUEST_ID}{uuid.uuid4()}",
        )
    except (ReadTimeoutError, ConnectionClosedError) as error:
        raise SmokeTestFailed(f"the endpoint did not answer: {error}") from None
    except ClientError as error:
        message = error.response.get("OriginalMessage") or error.response["Error"]["Message"]
        if error.response["Error"]["Code"] != "ModelError":
            # Errors such as missing permissions or throttling are not caused by the version.
            raise DeliveryError(f"{target.names.endpoint} could not be tested: {message}. Release again") from None
        raise SmokeTestFailed(f"the endpoint refused a hold-out record: {message}") from None
    return answer


def _content(answer: dict[str, Any]) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(answer["Body"].read())
        _ = content["model_version"], [scores_of(prediction) for prediction in content["predictions"]]
    except (ValueError, KeyError, TypeError):
        raise SmokeTestFailed("the endpoint's answer is not of the form that docs and OpenAPI promise") from None
    return content
