"""Find what is wanted and was not done. start-training decides; this only sees that nothing is forgotten."""

import json
from collections.abc import Iterable
from typing import Any

# "received" is there too: the handling of such a cause died on the way.
UNSETTLED = ("waiting", "received")


def waiting_events(table: Any) -> list[dict[str, Any]]:
    """Events of the causes in the ledger that were not settled, oldest first."""
    entries: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"ConsistentRead": True}
    while True:
        page = table.scan(**arguments)
        entries += [item for item in page["Items"] if item.get("status") in UNSETTLED]
        if "LastEvaluatedKey" not in page:
            return [item["event"] for item in sorted(entries, key=lambda item: str(item["received"]))]
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def hand_over(client: Any, function: str, events: Iterable[dict[str, Any]]) -> None:
    """Asynchronously: Lambda retries, and what fails for good reaches start-training's dead-letter queue."""
    for event in events:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
