"""Limit how much the host keeps of metrics and logs, which it holds in memory and writes whole each time it saves.

An endpoint under load records a point of six metrics and a log event for every request.
"""

from typing import Any

MOST_POINTS = 20_000  # of one metric; four minutes at 80 requests a second
MOST_EVENTS = 5_000  # of one log stream


def drop_oldest() -> None:
    """Forget the oldest points and log events beyond what is kept of each metric and each log stream."""
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch, cloudwatch_logs

    for _, points in list(cloudwatch._metrics.all_items()):
        del points[:-MOST_POINTS]
    for (account, region, _), group in list(cloudwatch_logs._log_groups.all_items()):
        with request_scope(account, region):
            for stream in list(group["streams"].values()):
                _drop_events(stream["events"], cloudwatch_logs._log_records)


def _drop_events(events: list[dict[str, Any]], records: Any) -> None:
    dropped = events[:-MOST_EVENTS]
    del events[: len(dropped)]
    for key in [event.get("eventId") for event in dropped]:
        if key in records:  # functions' events have no record
            del records[key]
