"""Ledger of causes and their outcomes, and the lock that allows only one training to start at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from .cause import Cause, parse_cause

OPEN = ("received", "waiting", "starting")
LOCK_KEY = "flight"
ALARM = "alarm#"
LAST_START = "last-start"
DEPLOYED_COMMIT = "deployed-commit"
KEPT = timedelta(days=400)
# The event of an alarm and DescribeAlarms may round the same time to different seconds.
SAME_ALARM_SECONDS = 5
# A start takes seconds. If the lock is older than this, the invocation that holds it was interrupted.
LOCK_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Entry:
    """Ledger entry of a cause; `received` is an ISO 8601 time, `execution_arn` is empty before a start."""

    cause: Cause
    status: str  # received, waiting, starting, started, merged, suppressed
    reason: str
    execution_arn: str
    received: str


class Ledger:
    """Ledger in a DynamoDB table with the key `id`.

    Changes of a cause are conditional writes, so that duplicates of an event cannot overwrite each other.
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    def receive(self, cause: Cause, now: datetime) -> Entry:
        """Record a cause unless it is recorded already, and return its entry.

        The cause of the entry may have a different id, if the same alarm was recorded with a slightly different time.
        """
        cause = self._with_recorded_alarm_id(cause, now)
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

    def _with_recorded_alarm_id(self, cause: Cause, now: datetime) -> Cause:
        """Return the cause with the id that is already recorded for its alarm, if the start times match.

        Times match within SAME_ALARM_SECONDS. One item per alarm holds its newest start time and is written
        conditionally, so that events of the same alarm from two sources get the same id.
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
        """Set a started or merged cause to waiting with the next attempt number, and return its entry.

        Only the first call for an execution has an effect.
        """
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
        """Return the entry of a cause that was received."""
        return _entry(self._table.get_item(Key={"id": f"cause#{cause.key}"}, ConsistentRead=True)["Item"])

    def settle(self, cause: Cause, status: str, reason: str, execution_arn: str = "") -> Entry:
        """Set the status of an open cause and return its entry; a cause that is not open is not changed.

        Args:
            cause: a cause that was received.
            status: the new status, see `Entry`.
            reason: reason for the status.
            execution_arn: ARN of the pipeline execution, empty if there is none.
        """
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
        """Return the entries of waiting causes, oldest first."""
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

    def acquire_lock(self, cause: Cause, now: datetime) -> bool:
        """Try to acquire the training lock and return True if this cause holds it.

        No other cause can acquire the lock until it is released or expires, after five minutes.
        """
        try:
            self._table.put_item(
                Item={"id": LOCK_KEY, "holder": cause.key, "until": int((now + LOCK_LIFETIME).timestamp())},
                ConditionExpression="attribute_not_exists(id) OR #until < :now",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":now": int(now.timestamp())},
            )
        except ClientError as error:
            if _is_condition(error):
                return False
            raise
        return True

    def release_lock(self, cause: Cause) -> None:
        """Release the training lock if this cause still holds it."""
        try:
            self._table.delete_item(
                Key={"id": LOCK_KEY},
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": cause.key},
            )
        except ClientError as error:
            if not _is_condition(error):
                raise

    def record_start(self, execution_arn: str, now: datetime, image_uri: str) -> None:
        """Record the newest start, because the list of executions may not contain it immediately."""
        item = {"id": LAST_START, "execution_arn": execution_arn, "at": now.isoformat(), "image_uri": image_uri}
        self._table.put_item(Item=item)

    def record_deployed_commit(self, entry: Entry) -> None:
        """Record the commit of the deployed image from the entry of a commit, unless a newer one is recorded."""
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
        """Return the commit of the deployed image, or an empty string before the first."""
        return str(self._item(DEPLOYED_COMMIT).get("git_sha", ""))

    def last_start(self) -> tuple[str, datetime] | None:
        """Return the ARN and start time of the newest execution that this function started, or None."""
        item = self._item(LAST_START)
        return (item["execution_arn"], datetime.fromisoformat(item["at"])) if item else None

    def last_image_uri(self) -> str:
        """Return the image of the newest execution that this function started, or an empty string if unknown."""
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
