"""What production's monitors reported last, and months of live requests that they judge one after the other."""

import json
from typing import Any

from tests.laptop.conftest import Laptop
from tests.localcloud.waiting import wait_until

ENDPOINT = "purchase-intent-production"
WINDOW_SECONDS = 60


def capture_bucket(laptop: Laptop) -> str:
    return f"{ENDPOINT}-{laptop.accounts['production']}-capture"


def report(laptop: Laptop, kind: str, name: str = "judged") -> dict[str, Any]:
    """Return what a monitor reported last: `judged`, `broken` or `latest`; empty before the first."""
    s3 = laptop.at("production").client("s3")
    try:
        body = s3.get_object(Bucket=capture_bucket(laptop), Key=f"monitoring/{kind}/{name}.json")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    found: dict[str, Any] = json.loads(body)
    return found


def replay_month(laptop: Laptop, month: str) -> None:
    """Send a month as live requests, and wait until data quality has judged them: each month has its own window."""
    before = _judged_until(laptop)
    laptop.mlops("traffic", "replay", *laptop.months(month, month))
    wait_until(lambda: _judged_until(laptop) > before, 4 * WINDOW_SECONDS)


def _judged_until(laptop: Laptop) -> str:
    return str(report(laptop, "data-quality").get("window_end", ""))
