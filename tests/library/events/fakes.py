"""Stand-ins for what a unit test needs a fault or a moment of; the real parts run on the local cloud."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from sagemaker_mlops.events.start_training.cause import Cause
from sagemaker_mlops.events.start_training.training import DataObject

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DATA = [DataObject("month=2025-02.parquet", "v1", 10), DataObject("month=2025-07.parquet", "v1", 10)]


@dataclass
class FakeTable:
    """The few conditional writes of the ledger, on a dictionary."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def put_item(self, Item: dict[str, Any], **options: Any) -> None:  # noqa: N803  (boto3's name)
        present = self.items.get(Item["id"])
        if options.get("ConditionExpression") and present is not None:
            values = options.get("ExpressionAttributeValues", {})
            is_over = ":now" in values and present["until"] < values[":now"]
            is_older = ":at" in values and present["at"] < values[":at"]
            is_later = ":earliest" in values and present["since"] < values[":earliest"]
            if not is_over and not is_older and not is_later:
                raise _refused()
        self.items[Item["id"]] = Item

    def get_item(self, Key: Mapping[str, str], **_: Any) -> dict[str, Any]:  # noqa: N803  (boto3's name)
        found = self.items.get(Key["id"])
        return {"Item": found} if found else {}

    def update_item(self, Key: Mapping[str, str], **options: Any) -> dict[str, Any]:  # noqa: N803  (boto3's name)
        values = options["ExpressionAttributeValues"]
        item = self.items[Key["id"]]
        if ":attempt" in values:
            if item["status"] not in ("started", "merged") or item["execution_arn"] != values[":arn"]:
                raise _refused()
            item |= {"status": "waiting", "reason": values[":reason"], "attempt": values[":attempt"]}
            return {"Attributes": item}
        if options.get("ConditionExpression") and item["status"] not in ("received", "waiting", "starting"):
            raise _refused()
        item |= {"status": values[":status"], "reason": values[":reason"], "execution_arn": values[":arn"]}
        return {"Attributes": item}

    def delete_item(self, Key: Mapping[str, str], **options: Any) -> None:  # noqa: N803  (boto3's name)
        if self.items.get(Key["id"], {}).get("holder") != options["ExpressionAttributeValues"][":holder"]:
            raise _refused()
        del self.items[Key["id"]]

    def scan(self, **options: Any) -> dict[str, Any]:
        wanted = options.get("ExpressionAttributeValues", {}).values()
        return {"Items": [item for item in self.items.values() if not wanted or item.get("status") in wanted]}


def _refused() -> ClientError:
    return ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}, "PutItem")


@dataclass
class FakeTraining:
    """A pipeline that runs nothing."""

    running: str | None = None
    last_start: datetime | None = None
    rows: int | None = 1000
    objects: list[DataObject] = field(default_factory=lambda: list(DATA))
    started: list[Cause] = field(default_factory=list)
    broken: bool = False
    dies_after_start: bool = False
    tokens: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def running_and_last_start(self, _noted: object) -> tuple[str | None, datetime | None]:
        return self.running, self.last_start

    def data_objects(self, _window: object) -> list[DataObject]:
        return self.objects

    def new_rows(self, _objects: object) -> int | None:
        return self.rows

    def start(self, cause: Cause, _image_uri: str, _objects: object) -> str:
        if self.broken:
            raise RuntimeError("the service is down")
        if cause.token not in self.tokens:
            self.started.append(cause)
            self.running, self.last_start = f"arn:execution/{len(self.started)}", NOW
            self.tokens[cause.token] = self.running
        if self.dies_after_start:
            raise RuntimeError("the answer was lost")
        return self.tokens[cause.token]

    def execution_of(self, cause: Cause, _since: datetime) -> str | None:
        return self.tokens.get(cause.token)

    def status(self, execution_arn: str) -> str:
        return "Failed" if execution_arn in self.failed else "Succeeded"

    def end(self, ago: timedelta) -> None:
        """The training that runs has ended; it was started some time ago."""
        self.running, self.last_start = None, NOW - ago
