"""The ledger: every cause and what became of it, and the flight that lets only one training start at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from .cause import Cause, parse_cause

OPEN = ("received", "waiting", "starting")
FLIGHT = "flight"
ALARM = "alarm#"
LAST_START = "last-start"
DEPLOYED_COMMIT = "deployed-commit"
KEPT = timedelta(days=400)
# The event of an alarm and DescribeAlarms may round the same moment to different seconds.
SAME_ALARM_SECONDS = 5
# A start takes seconds. Whoever holds the flight longer has died on the way.
FLIGHT_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Entry:
    """One cause in the ledger."""

    cause: Cause
    status: str  # received, waiting, starting, started, merged, suppressed
    reason: str
    execution_arn: str
    received: str


class Ledger:
    """A DynamoDB table with the key `id`. Every change is conditional, so copies of an event cannot race."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def receive(self, cause: Cause, now: datetime) -> Entry:
        """Enter a cause unless it is there; returns its entry, whose cause may have the id of the same alarm."""
        cause = self._of_same_alarm(cause, now)
        item = {
            "id": f"cause#{cause.key}",
            "event": cause.as_event(),
            "status": "received",
            "reason": "",
            "execution_arn": "",
            "received": now.isoformat(),
            "expires": int((now + KEPT).timestamp()),
        }
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
        except ClientError as error:
            if not _is_condition(error):
                raise
            item = self._table.get_item(Key={"id": item["id"]}, ConsistentRead=True)["Item"]
        return _entry(item)

    def _of_same_alarm(self, cause: Cause, now: datetime) -> Cause:
        """Return the cause with the id under which its alarm is in the ledger already, if it began to fire just then.

        One item per alarm holds its newest beginning, so that two sources of it cannot both be the first.
        """
        if cause.alarm is None:
            return cause
        name, since = cause.alarm
        key = f"{ALARM}{name}"
        item = {
            "id": key,
            "cause_id": cause.cause_id,
            "since": since,
            "expires": int((now + KEPT).timestamp()),
        }
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(id) OR #since < :earliest",
                ExpressionAttributeNames={"#since": "since"},
                ExpressionAttributeValues={":earliest": since - SAME_ALARM_SECONDS},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            known = self._item(key)
            is_same = abs(int(known["since"]) - since) <= SAME_ALARM_SECONDS
            return replace(cause, cause_id=str(known["cause_id"])) if is_same else cause
        return cause

    def reopen(self, entry: Entry, reason: str) -> Entry:
        """Let a started cause be tried again, once for every execution; returns its entry."""
        try:
            answer = self._table.update_item(
                Key={"id": f"cause#{entry.cause.key}"},
                UpdateExpression="SET #status = :waiting, reason = :reason, attempt = :attempt",
                ConditionExpression="#status IN (:started, :merged) AND execution_arn = :arn",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":waiting": "waiting",
                    ":started": "started",
                    ":merged": "merged",
                    ":reason": reason,
                    ":attempt": entry.cause.attempt + 1,
                    ":arn": entry.execution_arn,
                },
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            return self.read(entry.cause)
        return _entry(answer["Attributes"])

    def read(self, cause: Cause) -> Entry:
        """The entry of a cause that was received."""
        return _entry(self._table.get_item(Key={"id": f"cause#{cause.key}"}, ConsistentRead=True)["Item"])

    def settle(self, cause: Cause, status: str, reason: str, execution_arn: str = "") -> Entry:
        """Note what became of a cause, unless that was noted already; returns its entry."""
        try:
            answer = self._table.update_item(
                Key={"id": f"cause#{cause.key}"},
                UpdateExpression="SET #status = :status, reason = :reason, execution_arn = :arn",
                ConditionExpression="#status IN (:received, :waiting, :starting)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":status": status,
                    ":reason": reason,
                    ":arn": execution_arn,
                    **{f":{name}": name for name in OPEN},
                },
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if not _is_condition(error):
                raise
            return self.read(cause)
        return _entry(answer["Attributes"])

    def waiting(self) -> list[Entry]:
        """Causes that wait; oldest first."""
        entries, start = [], None
        while True:
            page = self._table.scan(
                FilterExpression="#status = :waiting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":waiting": "waiting"},
                ConsistentRead=True,
                **({"ExclusiveStartKey": start} if start else {}),
            )
            entries += [_entry(item) for item in page["Items"]]
            start = page.get("LastEvaluatedKey")
            if not start:
                return sorted(entries, key=lambda entry: (entry.received, entry.cause.key))

    def take_flight(self, cause: Cause, now: datetime) -> bool:
        """Whether this cause may start a training now; no other may until it lands or its time is over."""
        try:
            self._table.put_item(
                Item={"id": FLIGHT, "holder": cause.key, "until": int((now + FLIGHT_LASTS).timestamp())},
                ConditionExpression="attribute_not_exists(id) OR #until < :now",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":now": int(now.timestamp())},
            )
        except ClientError as error:
            if _is_condition(error):
                return False
            raise
        return True

    def land(self, cause: Cause) -> None:
        """Give the flight back, if it is still this cause's."""
        try:
            self._table.delete_item(
                Key={"id": FLIGHT},
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": cause.key},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise

    def note_start(self, execution_arn: str, now: datetime, image_uri: str) -> None:
        """Remember the newest start: the list of executions may not show it for a moment."""
        item = {"id": LAST_START, "execution_arn": execution_arn, "at": now.isoformat(), "image_uri": image_uri}
        self._table.put_item(Item=item)

    def note_commit(self, entry: Entry) -> None:
        """Remember the commit whose image is deployed, which the newest cause of that kind names."""
        try:
            self._table.put_item(
                Item={"id": DEPLOYED_COMMIT, "git_sha": entry.cause.git_sha, "at": entry.received},
                ConditionExpression="attribute_not_exists(id) OR #at < :at",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":at": entry.received},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise

    def deployed_commit(self) -> str:
        """The commit whose image is deployed; empty before the first."""
        return str(self._item(DEPLOYED_COMMIT).get("git_sha", ""))

    def last_start(self) -> tuple[str, datetime] | None:
        """The newest execution that was started from here, and when; None before the first."""
        item = self._item(LAST_START)
        return (item["execution_arn"], datetime.fromisoformat(item["at"])) if item else None

    def last_image_uri(self) -> str:
        """The image of the newest execution that was started from here; empty if that is not known."""
        return str(self._item(LAST_START).get("image_uri", ""))

    def _item(self, key: str) -> Mapping[str, Any]:
        item: Mapping[str, Any] = self._table.get_item(Key={"id": key}, ConsistentRead=True).get("Item") or {}
        return item


def _entry(item: Mapping[str, Any]) -> Entry:
    cause = replace(parse_cause(item["event"]), attempt=int(item.get("attempt", 1)))
    return Entry(cause, item["status"], item["reason"], item["execution_arn"], item["received"])


def _is_condition(error: ClientError) -> bool:
    code: str = error.response["Error"]["Code"]
    return code == "ConditionalCheckFailedException"
