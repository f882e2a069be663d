"""The metrics that SageMaker publishes of an endpoint's variants, under the same names and dimensions.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
"""

from collections import Counter, defaultdict
from threading import Lock
from time import time

from localcloud.cloud import Cloud
from localcloud.scope import Scope

NAMESPACE = "AWS/SageMaker"
UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}
MOST_VALUES = 150  # of one metric in one PutMetricData
MICROSECONDS = 1_000_000
Key = tuple[Scope, str, str]


class EndpointMetrics:
    """Collects what requests did, and publishes it now and then."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[Key, dict[str, Counter[float]]] = defaultdict(lambda: defaultdict(Counter))

    def record(
        self, key: Key, *, status: int | None, instances: int, model_seconds: float, overhead_seconds: float | None
    ) -> None:
        """Count one invocation.

        Args:
            key: scope, endpoint and variant.
            status: what the model answered; None if it did not answer. Such a request is a model error, but no 5XX.
            instances: how many the variant has.
            model_seconds: how long the model took.
            overhead_seconds: how long the rest took; None for a shadow's copy, which has no overhead of its own.
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
        """Send what was collected to CloudWatch."""
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
    """Microseconds in two digits, so that equal ones are counted together."""
    return float(f"{seconds * MICROSECONDS:.2g}")
