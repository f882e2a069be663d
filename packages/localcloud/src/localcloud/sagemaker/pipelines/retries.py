"""Retry policies of a step: which failures are tried again, how often, after how long."""

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
    """How often and how long to wait before the next attempt."""

    interval_seconds: float
    backoff_rate: float
    maximum_attempts: int

    def wait_seconds(self, attempt: int) -> float:
        """Seconds before attempt + 1, counting from 1."""
        return float(self.interval_seconds * self.backoff_rate ** (attempt - 1))


def retry_for(step: dict[str, Any], reason: str) -> Retry | None:
    """The policy for a failure reason, or None if the step does not try it again."""
    for policy in step.get("RetryPolicies") or []:
        if any(REASONS.get(kind, kind) in reason for kind in policy["ExceptionType"]):
            # ExpireAfterMin bounds by time instead; a day has room for that many attempts.
            maximum = policy.get("MaxAttempts") or 100
            return Retry(policy.get("IntervalSeconds", 1), policy.get("BackoffRate", 2.0), maximum)
    return None
