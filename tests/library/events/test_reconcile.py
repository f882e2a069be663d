import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sagemaker_mlops.events.notify.dispatch import dispatch_of
from sagemaker_mlops.events.reconcile_alarms.firing_alarms import alarm_events
from sagemaker_mlops.events.reconcile_training.waiting_causes import send_to_starter, waiting_events

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 11, 22, 11, 0, tzinfo=UTC).isoformat()


class Pages:
    """A table of two pages."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = list(pages)

    def scan(self, **_: Any) -> dict[str, Any]:
        items = self.pages.pop(0)
        return {"Items": items, **({"LastEvaluatedKey": {"id": "x"}} if self.pages else {})}


def entry(cause_id: str, status: str, received: str) -> dict[str, Any]:
    return {"id": cause_id, "status": status, "received": received, "event": {"cause": "drift", "cause_id": cause_id}}


def test_causes_that_wait_or_died_are_handed_over_oldest_first() -> None:
    table = Pages(
        [entry("new", "waiting", NOW.isoformat()), entry("done", "started", LONG_AGO), {"id": "flight", "holder": "x"}],
        [entry("died", "received", LONG_AGO), entry("no", "suppressed", LONG_AGO), entry("with", "merged", LONG_AGO)],
    )
    assert [event["cause_id"] for event in waiting_events(table, NOW)] == ["died", "new"]


def test_a_cause_that_is_being_handled_is_left_alone() -> None:
    table = Pages([entry("now", "received", NOW.isoformat()), entry("then", "starting", LONG_AGO)])
    assert [event["cause_id"] for event in waiting_events(table, NOW)] == ["then"]


def test_handing_over_does_not_wait() -> None:
    calls: list[dict[str, Any]] = []

    class Client:
        def invoke(self, **arguments: Any) -> None:
            calls.append(arguments)

    send_to_starter(Client(), "start", [{"cause": "drift"}])
    assert calls == [
        {"FunctionName": "start", "InvocationType": "Event", "Payload": json.dumps({"cause": "drift"}).encode()}
    ]


@pytest.mark.parametrize(("state", "number"), [("ALARM", 1), ("OK", 0), ("INSUFFICIENT_DATA", 0)])
def test_only_an_alarm_that_fires_is_told_again(state: str, number: int) -> None:
    since = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)

    class CloudWatch:
        def describe_alarms(self, **_: Any) -> dict[str, Any]:
            alarm = {"AlarmName": "contract-broken", "StateValue": state, "StateTransitionedTimestamp": since}
            return {"CompositeAlarms": [alarm], "MetricAlarms": []}

    events = alarm_events(CloudWatch(), "contract-broken")
    assert len(events) == number
    for event in events:
        dispatch = dispatch_of(event, "production")
        assert dispatch is not None
        assert dispatch.inputs["cause_id"] == "contract-broken@2026-11-22T01:02:03Z"
