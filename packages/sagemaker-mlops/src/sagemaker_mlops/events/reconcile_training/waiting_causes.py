"""Find what is wanted and was not done. start-training decides; this only sees that nothing is forgotten."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

# The handling of these died on the way, once they are older than a handling takes.
INTERRUPTED = ("received", "starting")
HANDLING_LASTS = timedelta(minutes=5)


def waiting_events(table: Any, now: datetime) -> list[dict[str, Any]]:
    """Events of the causes in the ledger that wait, or whose handling died on the way; oldest first."""
    entries: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"ConsistentRead": True}
    while True:
        page = table.scan(**arguments)
        entries += [item for item in page["Items"] if _is_wanted(item, now)]
        if "LastEvaluatedKey" not in page:
            return [item["event"] for item in sorted(entries, key=lambda item: str(item["received"]))]
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _is_wanted(item: dict[str, Any], now: datetime) -> bool:
    if item.get("status") == "waiting":
        return True
    died = datetime.fromisoformat(item.get("received", now.isoformat())) < now - HANDLING_LASTS
    return item.get("status") in INTERRUPTED and died


def hand_over(client: Any, function: str, events: Iterable[dict[str, Any]]) -> None:
    """Asynchronously: Lambda retries, and what fails for good reaches start-training's dead-letter queue."""
    for event in events:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
