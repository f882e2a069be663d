"""Comparison of a shadow with the served version on the same requests; its functions are pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.captured_requests import CapturedRequest
from sagemaker_mlops.environments.operations import Shadow

# A shadow that exceeds the contract's latency limit may still be slower than the served version by this factor.
LATENCY_ALLOWANCE = 1.5
MOST_ERRORS_MORE = 0.001
MINIMUM_PAIRS = 20
# Predicted numbers count as the same if they are closer than this share of their standard deviation.
SAME_SHARE_OF_DEVIATION = 0.25
Scores = tuple[tuple[float, ...], tuple[float, ...]]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Traffic:
    """Requests, server errors and the p99 latency of the slowest minute of one version."""

    requests: float
    server_errors: float
    p99_milliseconds: float

    @property
    def error_rate(self) -> float:
        """Share of the requests that ended in a server error, from 0 to 1."""
        return self.server_errors / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Finding:
    """One compared quantity with its limit."""

    name: str
    serving: str
    shadow: str
    promised: str
    passed: bool


@dataclass(frozen=True)
class Comparison:
    """Findings of a comparison, and the scores of the same records by both versions."""

    findings: tuple[Finding, ...]
    serving_scores: tuple[float, ...]
    shadow_scores: tuple[float, ...]

    @property
    def passed(self) -> bool:
        """True if every finding passed."""
        return all(finding.passed for finding in self.findings)


def paired_scores(
    serving: Iterable[CapturedRequest], shadow: Iterable[CapturedRequest]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the scores of the same records by both versions, in the same order.

    Requests are paired by their body, because a version gives equal requests equal scores. A request that only one of
    them answered with scores is left out; `compare` counts server errors apart.
    """
    by_request: Mapping[str, list[float]] = {one.request: one.scores for one in serving}
    pairs = [(by_request.get(one.request, []), one.scores) for one in shadow]
    answered = [(first, second) for first, second in pairs if len(first) == len(second)]
    return (
        tuple(score for first, _ in answered for score in first),
        tuple(score for _, second in answered for score in second),
    )


def compare(
    serving: Traffic,
    shadow: Traffic,
    scores: Scores,
    contract: Contract,
    limits: Shadow,
    requests: int,
) -> Comparison:
    """Compare errors and latency with the served version, and agreement and scores with the limits.

    Args:
        serving: Traffic of the served version.
        shadow: Traffic of the shadow.
        scores: Scores of the same records by both versions, from `paired_scores`.
        contract: Contract with the latency limit, the label and the decision threshold.
        limits: Minimum agreement, and maximum shift of the scores as the Wasserstein distance of their distributions;
            for predicted numbers, in standard deviations of the served version's.
        requests: Number of requests that had to be copied.
    """
    slowest = max(contract.latency.p99_milliseconds, serving.p99_milliseconds * LATENCY_ALLOWANCE)
    findings = (
        _number_of_copies(serving, shadow, requests),
        _number_of_pairs(scores, max(1, len(contract.outcome_categories))),
        _server_errors(serving, shadow),
        _latency(serving, shadow, slowest),
        _agreement(scores, contract, limits.minimum_agreement),
        _movement(scores, contract, limits.maximum_shift),
    )
    return Comparison(findings, scores[0], scores[1])


def _number_of_copies(serving: Traffic, shadow: Traffic, requests: int) -> Finding:
    found, limit = f"{shadow.requests:,.0f}", f"at least {requests:,}"
    return Finding("copied requests", f"{serving.requests:,.0f}", found, limit, shadow.requests >= requests)


def _number_of_pairs(scores: Scores, scores_of_a_record: int) -> Finding:
    first, second = (len(values) // scores_of_a_record for values in scores)
    limit = f"at least {MINIMUM_PAIRS}"
    return Finding("captured pairs", f"{first:,}", f"{second:,}", limit, first >= MINIMUM_PAIRS)


def _server_errors(serving: Traffic, shadow: Traffic) -> Finding:
    most = serving.error_rate + MOST_ERRORS_MORE
    found, limit = f"{shadow.error_rate:.2%}", f"at most {most:.2%}"
    return Finding("server errors", f"{serving.error_rate:.2%}", found, limit, shadow.error_rate <= most)


def _latency(serving: Traffic, shadow: Traffic, slowest: float) -> Finding:
    found, limit = f"{shadow.p99_milliseconds:.1f} ms", f"at most {slowest:.1f} ms"
    is_kept = shadow.p99_milliseconds <= slowest
    return Finding("p99 of the slowest minute", f"{serving.p99_milliseconds:.1f} ms", found, limit, is_kept)


def _agreement(scores: Scores, contract: Contract, least: float) -> Finding:
    first, second = (np.asarray(values) for values in scores)
    share = float(np.mean(_decides_alike(first, second, contract))) if first.size else 0.0
    name = "similar value" if contract.label.problem == "regression" else "same decision"
    return Finding(name, "", f"{share:.1%}", f"at least {least:.0%}", share >= least)


def _decides_alike(first: Values, second: Values, contract: Contract) -> NDArray[np.bool_]:
    if categories := len(contract.outcome_categories):
        one, other = (values.reshape(-1, categories).argmax(axis=1) for values in (first, second))
        return np.asarray(one == other)
    if contract.label.problem == "regression":
        return np.asarray(np.abs(first - second) <= SAME_SHARE_OF_DEVIATION * first.std())
    threshold = contract.gates.decision_threshold
    return np.asarray((first >= threshold) == (second >= threshold))


def _movement(scores: Scores, contract: Contract, most: float) -> Finding:
    """Compare the distributions: of the scores, of each category's, or of the numbers in standard deviations."""
    from scipy import stats  # imported here because the import takes longer than most commands

    first, second = (np.asarray(values).reshape(-1, max(1, len(contract.outcome_categories))) for values in scores)
    scale = float(first.std()) if contract.label.problem == "regression" and first.size else 1.0
    moved = [
        float(stats.wasserstein_distance(one, other)) / (scale or 1.0)
        for one, other in zip(first.T, second.T, strict=True)
        if one.size
    ]
    shift = max(moved, default=1.0)
    return Finding("movement of the scores", "", f"{shift:.3f}", f"at most {most:g}", shift <= most)
