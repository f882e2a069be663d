"""The cause of a failed release, from the logs of the containers that it started."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.delivery.releases.endpoint_failure import failure_cause
from sagemaker_mlops.delivery.target import Target, target_of

PING = "The primary container for production variant AllTraffic did not pass the ping health check."
BEGIN = 1_000.0
OLD, NEW = "AllTraffic/i-old", "AllTraffic/i-new"


class Logs:
    """CloudWatch Logs with a stream for each container."""

    class exceptions:  # noqa: N801  (as boto3 names it)
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self) -> None:
        self.lines = {OLD: ["ModuleNotFoundError: No module named 'old'"], NEW: ["all is well"]}
        self.begins = {OLD: 999_999, NEW: 1_000_001}
        self.refuses = False

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeLogStreams")
        if not self.lines:
            raise self.exceptions.ResourceNotFoundException
        streams = [{"logStreamName": name, "firstEventTimestamp": self.begins[name]} for name in self.lines]
        return {"logStreams": streams}

    def get_log_events(self, **arguments: Any) -> dict[str, Any]:
        return {"events": [{"message": line} for line in self.lines[arguments["logStreamName"]]]}


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Logs:
    found = Logs()
    monkeypatch.setattr(Target, "client", lambda *_: found)
    return found


def cause(reason: str = PING) -> str:
    return failure_cause(target_of("production"), reason, BEGIN)


def test_the_new_containers_log_shows_the_cause_not_the_old_ones(logs: Logs) -> None:
    logs.lines[NEW] = ['{"event":"not_started","error":"expected a model, found no file"}']
    assert cause().startswith("Cause: the model directory /opt/ml/model is empty")
    assert "/aws/sagemaker/Endpoints/" in cause()


def test_a_health_check_without_a_known_cause_says_where_to_look(logs: Logs) -> None:
    assert "no cause that is known" in cause()
    logs.lines = {}
    assert "the container wrote nothing" in cause()


def test_a_guard_alarm_is_its_own_cause(logs: Logs) -> None:
    assert cause("alarm server-errors fired") == ""


def test_a_log_that_may_not_be_read_is_no_error(logs: Logs) -> None:
    logs.refuses = True
    assert "could not be read" in cause()
