"""Validation of Lambda functions."""

from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.errors import AwsError


def check_runtime(members: Mapping[str, Any], runtimes: Sequence[str]) -> None:
    """Raise CreateFunction's error for a runtime that Lambda does not have.

    Sources: https://github.com/awslabs/amazon-redshift-monitoring/pull/25 (the message), botocore 1.43.106, Runtime.
    """
    runtime = members.get("Runtime")
    if runtime and runtime not in runtimes:
        constraint = f"Member must satisfy enum value set: [{', '.join(runtimes)}] or be a valid ARN"
        raise AwsError(
            "InvalidParameterValueException",
            f"Value {runtime} at 'runtime' failed to satisfy constraint: {constraint}",
        )
