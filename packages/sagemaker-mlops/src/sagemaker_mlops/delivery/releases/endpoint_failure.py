"""Why an endpoint's containers failed, from what they logged and what SageMaker says."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.container.failure_causes import Evidence, find_cause
from sagemaker_mlops.delivery.target import Target

STREAMS, LINES = 20, 100
HEALTH_CHECK = "ping health check"


def failure_cause(target: Target, reason: str, since_seconds: float) -> str:
    """Return a sentence with the cause of a failed release, or nothing if there is nothing to say.

    Guard alarms need no cause: they are one. What is said of the containers is said if their log shows it, or if
    SageMaker names the health check, which is never the cause itself.

    Args:
        target: the environment of the endpoint.
        reason: what SageMaker and CloudFormation say.
        since_seconds: when the release began; containers that logged before it are those that served before.
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
    """The last lines of the streams that began since a time: each container has its own."""
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
