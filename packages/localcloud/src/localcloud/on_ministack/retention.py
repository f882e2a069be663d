"""Limits on the metrics and logs that ministack keeps.

ministack holds them in memory and writes all of them each time it saves. An endpoint under load records a datapoint of
six metrics and a log event for every request.
"""

from typing import Any

MOST_POINTS = 20_000  # of a metric; four minutes at 80 requests per second
MOST_EVENTS = 5_000  # of a log stream


def drop_oldest() -> None:
    """Delete the oldest datapoints of each metric, and the oldest events of each log stream."""
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
        if key in records:  # events of Lambda functions have no record
            del records[key]
