"""Cause of a failed endpoint update, from the container logs and SageMaker's failure reason."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.container.failure_causes import Evidence, find_cause
from sagemaker_mlops.delivery.target import Target

STREAMS, LINES = 20, 100
HEALTH_CHECK = "ping health check"


def failure_cause(target: Target, reason: str, since_seconds: float) -> str:
    """Return a sentence with the cause of a failed release, or an empty string.

    The containers are named as the cause only if their log shows a known cause, or if SageMaker names the health check,
    which is a symptom. Otherwise the reason, such as a guard alarm, is the cause itself.

    Args:
        target: Environment of the endpoint.
        reason: Failure reason from SageMaker and CloudFormation.
        since_seconds: Unix time at which the release began; log streams that started earlier are of the old fleet.
    """
    group = f"/aws/sagemaker/Endpoints/{target.names.endpoint}"
    try:
        log = _new_containers_log(target.client("logs"), group, since_seconds)
    except (ClientError, BotoCoreError) as error:
        return f"The containers' log could not be read ({error}); look at {group} in CloudWatch Logs"
    cause = find_cause(Evidence(log=log, reason=reason))
    if cause.is_known or HEALTH_CHECK in reason:
        return f"Cause: {cause}. Log: {group}"
    return ""


def _new_containers_log(client: Any, group: str, since_seconds: float) -> str:
    """Return the last lines of the log streams that began since a time; each container has its own stream."""
    try:
        found = client.describe_log_streams(
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=STREAMS
        )["logStreams"]
    except client.exceptions.ResourceNotFoundException:
        return ""
    streams = [
        stream["logStreamName"] for stream in found if stream.get("firstEventTimestamp", 0) >= since_seconds * 1000
    ]
    lines: list[str] = []
    for stream in streams:
        events = client.get_log_events(logGroupName=group, logStreamName=stream, limit=LINES)["events"]
        lines += [event["message"] for event in events]
    return "\n".join(lines)
