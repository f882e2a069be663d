"""Metrics and logs that the host keeps are limited, oldest first, so that saving them stays short."""

import json
from collections.abc import Iterator

import pytest
from localcloud.on_ministack import retention


@pytest.fixture
def _scope() -> Iterator[None]:
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch, cloudwatch_logs

    with request_scope("000000000000", "eu-west-1"):
        yield
        cloudwatch._metrics.clear()
        cloudwatch_logs._log_groups.clear()
        cloudwatch_logs._log_records.clear()


@pytest.mark.usefixtures("_scope")
def test_the_newest_points_of_each_metric_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack.services import cloudwatch

    monkeypatch.setattr(retention, "MOST_POINTS", 3)
    for name, count in (("many", 5), ("few", 2)):
        cloudwatch._metrics["space", name, ""] = [{"Timestamp": moment, "Value": 1.0} for moment in range(count)]
    retention.drop_oldest()
    found = {key[1]: [point["Timestamp"] for point in points] for key, points in cloudwatch._metrics.items()}
    assert found == {"many": [2, 3, 4], "few": [0, 1]}


@pytest.mark.usefixtures("_scope")
def test_the_newest_events_of_each_stream_remain_and_can_be_queried(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack.services import cloudwatch_logs

    monkeypatch.setattr(retention, "MOST_EVENTS", 2)
    cloudwatch_logs._create_log_group({"logGroupName": "group"})
    cloudwatch_logs._create_log_stream({"logGroupName": "group", "logStreamName": "stream"})
    where = {"logGroupName": "group", "logStreamName": "stream"}
    events = [{"timestamp": 1_000_000 + number, "message": str(number)} for number in range(4)]
    cloudwatch_logs._put_log_events({**where, "logEvents": events})
    retention.drop_oldest()
    answer = json.loads(cloudwatch_logs._get_log_events({**where, "startFromHead": True})[2])
    assert [event["message"] for event in answer["events"]] == ["2", "3"]
    assert sorted(record["@message"] for _, record in cloudwatch_logs._log_records.items()) == ["2", "3"]
