"""Polling interval: AWS throttles a client that polls twice a second for an hour, localcloud does not."""

import os

AWS_SECONDS = 5.0


def poll_interval_seconds(laptop_seconds: float) -> float:
    """Return the polling interval in seconds: the given one on localcloud, AWS_SECONDS on AWS."""
    return laptop_seconds if os.environ.get("AWS_ENDPOINT_URL") else AWS_SECONDS
