"""Retry policies of a step."""

from dataclasses import dataclass
from typing import Any

REASONS = {
    "SageMaker.JOB_INTERNAL_ERROR": "InternalServerError",
    "SageMaker.CAPACITY_ERROR": "CapacityError",
    "SageMaker.RESOURCE_LIMIT": "ResourceLimitExceeded",
    "Step.SERVICE_FAULT": "ServiceFault",
    "Step.THROTTLING": "ThrottlingException",
}


@dataclass(frozen=True)
class Retry:
    """A retry policy: interval, backoff rate and maximum number of attempts."""

    interval_seconds: float
    backoff_rate: float
    maximum_attempts: int

    def wait_seconds(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt. The first attempt is 1."""
        return float(self.interval_seconds * self.backoff_rate ** (attempt - 1))


def retry_for(step: dict[str, Any], reason: str) -> Retry | None:
    """Return the retry policy for a failure reason, or None if the step is not retried."""
    for policy in step.get("RetryPolicies") or []:
        if any(REASONS.get(kind, kind) in reason for kind in policy["ExceptionType"]):
            # A policy with ExpireAfterMin has no MaxAttempts. The time limit is not evaluated; 100 attempts replace it.
            maximum = policy.get("MaxAttempts") or 100
            return Retry(policy.get("IntervalSeconds", 1), policy.get("BackoffRate", 2.0), maximum)
    return None
