"""S3 events on EventBridge with the version id of the object, which ministack leaves out."""

import json
from contextvars import ContextVar
from typing import Any

_VERSION: ContextVar[str | None] = ContextVar("version of the object that an event is about", default=None)


def install_object_events() -> None:
    """Store the version id while S3 sends an event, and add it to the event on EventBridge."""
    from ministack.services import eventbridge, s3

    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fired(*arguments: Any, **options: Any) -> None:
        token = _VERSION.set(options.get("version_id"))
        try:
            fire(*arguments, **options)
        finally:
            _VERSION.reset(token)

    def dispatched(event: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        version = _VERSION.get()
        if event.get("Source") == "aws.s3" and version:
            detail = json.loads(event["Detail"])
            detail["object"].setdefault("version-id", version)
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *arguments, **options)

    s3._fire_s3_event, eventbridge._dispatch_event = fired, dispatched
