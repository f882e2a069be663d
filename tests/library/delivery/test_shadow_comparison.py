import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.captured_requests import CapturedRequest
from sagemaker_mlops.delivery.releases.shadow_comparison import Comparison, Traffic, compare, paired_scores
from sagemaker_mlops.environments.operations import Shadow

GOOD = Traffic(requests=1000, server_errors=0, p99_milliseconds=5)
SCORES = (0.1, 0.2, 0.6, 0.9) * 5


def captured(request: str, *scores: float) -> CapturedRequest:
    content = {"predictions": [{"score": score} for score in scores], "model_version": "1"}
    return CapturedRequest(datetime.now(UTC), request, json.dumps(content))


def failed(comparison: Comparison) -> list[str]:
    return [finding.name for finding in comparison.findings if not finding.passed]


def test_requests_are_paired_by_their_body() -> None:
    serving = [captured("a", 0.1), captured("b", 0.2, 0.3), captured("only here", 0.9)]
    shadow = [captured("b", 0.4, 0.5), captured("only there", 0.9), captured("a", 0.6)]
    assert paired_scores(serving, shadow) == ((0.2, 0.3, 0.1), (0.4, 0.5, 0.6))


def test_a_request_that_one_version_failed_is_no_pair() -> None:
    serving = [captured("a", 0.1), captured("b"), captured("c", 0.3)]
    shadow = [captured("a"), captured("b", 0.4), captured("c", 0.5)]
    assert paired_scores(serving, shadow) == ((0.3,), (0.5,))


def test_an_equal_version_passes(contract: Contract) -> None:
    assert compare(GOOD, GOOD, (SCORES, SCORES), contract, Shadow(), 500).passed


@pytest.mark.parametrize(
    ("shadow", "scores", "expected"),
    [
        (replace(GOOD, requests=499), SCORES, ["copied requests"]),
        (replace(GOOD, server_errors=2), SCORES, ["server errors"]),
        (replace(GOOD, p99_milliseconds=26), SCORES, ["p99 of the slowest minute"]),
        (GOOD, (0.1, 0.2, 0.45, 0.9) * 5, ["same decision"]),
        (GOOD, (0.3, 0.4, 0.8, 1.0) * 5, ["movement of the scores"]),
    ],
)
def test_whatever_is_worse_is_named(
    contract: Contract, shadow: Traffic, scores: tuple[float, ...], expected: list[str]
) -> None:
    assert failed(compare(GOOD, shadow, (SCORES, scores), contract, Shadow(), 500)) == expected


def test_a_shadow_may_be_as_slow_as_what_serves(contract: Contract) -> None:
    slow = replace(GOOD, p99_milliseconds=100)
    assert compare(slow, replace(GOOD, p99_milliseconds=140), (SCORES, SCORES), contract, Shadow(), 500).passed


def test_nothing_captured_is_nothing_passed(contract: Contract) -> None:
    assert "captured pairs" in failed(compare(GOOD, GOOD, ((), ()), contract, Shadow(), 500))
