"""CloudWatch metrics of an endpoint's variants."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_mlops.delivery.target import Target

NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 60
MICROSECONDS_PER_MILLISECOND = 1000


def requests_and_server_errors(target: Target, variant: str, since: datetime) -> tuple[float, float]:
    """Return the number of requests since a time, and the number of those that ended in a server error.

    Both numbers are read from one metric in one call, so they are consistent: SageMaker emits Invocation5XXErrors as 1
    for each request that ended in a server error, and as 0 for every other request.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    points = _points(target, variant, "Invocation5XXErrors", since, Statistics=["SampleCount", "Sum"])
    return float(sum(point["SampleCount"] for point in points)), float(sum(point["Sum"] for point in points))


def worst_p99_milliseconds(target: Target, variant: str, since: datetime) -> float:
    """Return the largest per-minute p99 of the model latency since a time, or 0 without requests."""
    points = _points(target, variant, "ModelLatency", since, ExtendedStatistics=["p99"])
    return max((point["ExtendedStatistics"]["p99"] for point in points), default=0.0) / MICROSECONDS_PER_MILLISECOND


def _points(target: Target, variant: str, metric: str, since: datetime, **statistic: list[str]) -> list[dict[str, Any]]:
    answer = target.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=metric,
        Dimensions=[
            {"Name": "EndpointName", "Value": target.names.endpoint},
            {"Name": "VariantName", "Value": variant},
        ],
        # The period is one minute, so start at the beginning of a minute.
        StartTime=since.replace(second=0, microsecond=0),
        EndTime=datetime.now(UTC) + timedelta(seconds=PERIOD_SECONDS),
        Period=PERIOD_SECONDS,
        **statistic,
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points
