from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from sagemaker_mlops.delivery.monitors.alarms import alarms
from sagemaker_mlops.delivery.target import Target

AT = datetime(2026, 11, 27, tzinfo=UTC)


def alarm(name: str, state: str, **more: Any) -> dict[str, Any]:
    return {"AlarmName": f"shop-production-{name}", "StateValue": state, "StateUpdatedTimestamp": AT, **more}


class CloudWatch:
    def get_paginator(self, _operation: str) -> "CloudWatch":
        return self

    def paginate(self, AlarmNamePrefix: str, AlarmTypes: list[str]) -> list[dict[str, Any]]:  # noqa: N803
        assert (AlarmNamePrefix, len(AlarmTypes)) == ("shop-production-", 2)
        fires = alarm("latency", "ALARM", StateReason="too slow", AlarmDescription="see docs/runbooks.md")
        return [
            {"MetricAlarms": [alarm("backlog", "OK"), alarm("server-errors", "INSUFFICIENT_DATA")]},
            {"CompositeAlarms": [alarm("contract-broken", "OK")], "MetricAlarms": [fires]},
        ]


def test_alarms_of_all_pages_come_with_those_that_fire_first() -> None:
    names = SimpleNamespace(alarm=lambda purpose: f"shop-production-{purpose}")
    target = SimpleNamespace(names=names, client=lambda _service: CloudWatch())
    found = alarms(cast(Target, target))
    assert [(one.name.removeprefix("shop-production-"), one.state) for one in found] == [
        ("latency", "ALARM"),
        ("server-errors", "INSUFFICIENT_DATA"),
        ("backlog", "OK"),
        ("contract-broken", "OK"),
    ]
    assert (found[0].reason, found[0].description, found[0].since) == ("too slow", "see docs/runbooks.md", AT)
