"""How often a command looks: AWS throttles whoever asks twice a second for an hour, the laptop does not."""

import os

AWS_SECONDS = 5.0


def look_every(laptop_seconds: float) -> float:
    """Seconds between two looks: those of the laptop, or AWS's, where nothing moves as fast."""
    return laptop_seconds if os.environ.get("AWS_ENDPOINT_URL") else AWS_SECONDS
