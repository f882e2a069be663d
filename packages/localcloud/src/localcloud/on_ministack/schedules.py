"""EventBridge schedules in scaled time. ministack fires them in real time only."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from localcloud.cloud import Cloud

TICK_SECONDS = 0.5


def install_schedules(cloud: Cloud) -> None:
    """Divide the waits of rates and cron expressions by the time scale.

    EventBridge and Scheduler both use the two functions that are replaced.
    """
    from ministack.services import eventbridge, scheduler

    rate: Callable[[str], int | None] = eventbridge._parse_rate_seconds
    next_fire: Callable[[Any, datetime], datetime | None] = eventbridge._cron_next_fire

    def scaled_rate(expression: str) -> float | None:
        seconds = rate(expression)
        return None if seconds is None else seconds / cloud.clock.scale

    def scaled_next_fire(fields: Any, after: datetime) -> datetime | None:
        scheduled = datetime.fromtimestamp(cloud.clock.scheduled(after.timestamp()), UTC)
        found = next_fire(fields, scheduled)
        return None if found is None else datetime.fromtimestamp(cloud.clock.real(found.timestamp()), UTC)

    if cloud.clock.scale != 1.0:
        eventbridge._parse_rate_seconds = scaled_rate
        eventbridge._cron_next_fire = scaled_next_fire
        scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS
