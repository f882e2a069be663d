"""Read what CloudWatch knows of an endpoint's variants."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_mlops.delivery.target import Target

NAMESPACE = "AWS/SageMaker"
PERIOD_SECONDS = 60
MICROSECONDS_PER_MILLISECOND = 1000


def requests_and_server_errors(target: Target, variant: str, since: datetime) -> tuple[float, float]:
    """How many requests since a time, and how many of them ended in a server error.

    Both are of one metric in one answer, so that a request that ends meanwhile is in both or in neither:
    SageMaker sends a 1 for each request that ended in a server error, and a 0 for each other one.
    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    points = _points(target, variant, "Invocation5XXErrors", since, Statistics=["SampleCount", "Sum"])
    return float(sum(point["SampleCount"] for point in points)), float(sum(point["Sum"] for point in points))


def worst_p99_milliseconds(target: Target, variant: str, since: datetime) -> float:
    """The largest p99 of a minute of the model's latency since a time; 0 without requests."""
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
        # CloudWatch counts whole minutes.
        StartTime=since.replace(second=0, microsecond=0),
        EndTime=datetime.now(UTC) + timedelta(seconds=PERIOD_SECONDS),
        Period=PERIOD_SECONDS,
        **statistic,
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points
