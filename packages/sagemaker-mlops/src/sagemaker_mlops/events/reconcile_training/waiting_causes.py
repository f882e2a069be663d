"""Causes in the ledger that wait for a training or whose handling was interrupted.

They are sent to start-training, which decides whether a training starts.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

# A cause with one of these statuses was interrupted if it was received longer ago than handling takes.
INTERRUPTED = ("received", "starting")
HANDLING_TIMEOUT = timedelta(minutes=5)


def waiting_events(table: Any, now: datetime) -> list[dict[str, Any]]:
    """Return the events of causes that wait or whose handling was interrupted, oldest first.

    Args:
        table: boto3 DynamoDB table of the ledger.
        now: the current time, with a time zone.
    """
    entries: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"ConsistentRead": True}
    while True:
        page = table.scan(**arguments)
        entries += [item for item in page["Items"] if _needs_handling(item, now)]
        if "LastEvaluatedKey" not in page:
            return [item["event"] for item in sorted(entries, key=lambda item: str(item["received"]))]
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _needs_handling(item: dict[str, Any], now: datetime) -> bool:
    if item.get("status") == "waiting":
        return True
    died = datetime.fromisoformat(item.get("received", now.isoformat())) < now - HANDLING_TIMEOUT
    return item.get("status") in INTERRUPTED and died


def send_to_starter(client: Any, function: str, events: Iterable[dict[str, Any]]) -> None:
    """Invoke a function asynchronously with each event.

    Lambda retries failed invocations and then sends the event to the function's dead-letter queue.
    """
    for event in events:
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
