from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sagemaker_mlops.delivery.endpoint_metrics import requests_and_server_errors
from sagemaker_mlops.delivery.target import Target


@dataclass
class BusyCloudWatch:
    """Every look finds one request more, and every request ended in an error."""

    requests: float = 0

    def get_metric_statistics(self, Statistics: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803  (boto3's name)
        self.requests += 1
        found = {"SampleCount": self.requests, "Sum": self.requests}
        return {"Datapoints": [{name: found[name] for name in Statistics}]}


@dataclass
class FakeTarget:
    """An environment with nothing but metrics."""

    cloudwatch: BusyCloudWatch = field(default_factory=BusyCloudWatch)

    @property
    def names(self) -> Any:
        return type("Names", (), {"endpoint": "endpoint"})

    def client(self, _service: str) -> BusyCloudWatch:
        return self.cloudwatch


def test_a_request_that_ends_while_others_are_counted_is_in_both_numbers_or_in_neither() -> None:
    requests, server_errors = requests_and_server_errors(cast(Target, FakeTarget()), "Shadow", datetime.now(UTC))
    assert requests == server_errors
