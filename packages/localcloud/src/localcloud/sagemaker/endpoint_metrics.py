"""Metrics of an endpoint's variants, with the names and dimensions that SageMaker uses.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from collections import Counter, defaultdict
from threading import Lock
from time import time

from localcloud.cloud import Cloud
from localcloud.scope import Scope

NAMESPACE = "AWS/SageMaker"
UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}
MOST_VALUES = 150  # values of a metric in one PutMetricData request
MICROSECONDS = 1_000_000
Key = tuple[Scope, str, str]


class EndpointMetrics:
    """Buffer of the metrics of invocations, which are published periodically."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[Key, dict[str, Counter[float]]] = defaultdict(lambda: defaultdict(Counter))

    def record(
        self, key: Key, *, status: int | None, instances: int, model_seconds: float, overhead_seconds: float | None
    ) -> None:
        """Add the metrics of an invocation.

        Args:
            key: scope, endpoint and variant.
            status: HTTP status of the model's response; None if it did not respond. Such a request counts as a model
                error, but not as a 5XX error.
            instances: number of instances of the variant.
            model_seconds: latency of the model.
            overhead_seconds: remaining latency; None for the copy of a request to a shadow variant, which has no
                overhead.
        """
        answered = status or 0
        found = {
            "Invocations": 1.0,
            "InvocationsPerInstance": 1.0 / instances,
            "Invocation4XXErrors": float(400 <= answered < 500),
            "Invocation5XXErrors": float(answered >= 500),
            "InvocationModelErrors": float(not 200 <= answered < 300),
            "ModelLatency": _rounded(model_seconds),
        }
        if overhead_seconds is not None:
            found["OverheadLatency"] = _rounded(overhead_seconds)
        with self._lock:
            for name, value in found.items():
                self._values[key][name][value] += 1

    def publish(self, cloud: Cloud) -> None:
        """Send the buffered metrics to CloudWatch."""
        with self._lock:
            collected, self._values = self._values, defaultdict(lambda: defaultdict(Counter))
        now = time()
        for (scope, endpoint, variant), metrics in collected.items():
            dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
            data = [
                {
                    "MetricName": name,
                    "Dimensions": dimensions,
                    "Timestamp": now,
                    "Unit": UNITS.get(name, "None"),
                    "Values": list(part),
                    "Counts": [float(number) for number in part.values()],
                }
                for name, counter in metrics.items()
                for part in _parts(counter)
            ]
            cloud.host.client(scope, "cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)


def _parts(counter: Counter[float]) -> list[dict[float, int]]:
    pairs = list(counter.items())
    return [dict(pairs[start : start + MOST_VALUES]) for start in range(0, len(pairs), MOST_VALUES)]


def _rounded(seconds: float) -> float:
    """Return microseconds, rounded to two significant digits so that equal values are counted together."""
    return float(f"{seconds * MICROSECONDS:.2g}")
