"""Requests to an endpoint at a steady rate, because a canary or a shadow without traffic proves nothing."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.registry import describe_version
from sagemaker_mlops.delivery.releases.serving_state import served_version
from sagemaker_mlops.delivery.releases.smoke_records import read_smoke_records
from sagemaker_mlops.delivery.target import Target

MAXIMUM_CLIENTS = 64
PROGRESS_INTERVAL_SECONDS = 5.0


@dataclass
class Answers:
    """Counts of responses by version, counts of errors by text, and the duration of each request in seconds."""

    versions: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, version: str | None, error: str | None, seconds: float) -> None:
        """Record one finished request."""
        with self._lock:
            self.seconds.append(seconds)
            if version is not None:
                self.versions[version] += 1
            if error is not None:
                self.errors[error] += 1

    def __str__(self) -> str:
        versions = ", ".join(f"version {version}: {number:,}" for version, number in sorted(self.versions.items()))
        failed = sum(self.errors.values())
        return f"{len(self.seconds):,} requests; {versions or 'no answer'}; {failed:,} failed{self._latency()}"

    def _latency(self) -> str:
        if not self.seconds:
            return ""
        ordered = sorted(self.seconds)
        median, p99 = (ordered[int(quantile * (len(ordered) - 1))] * 1000 for quantile in (0.5, 0.99))
        return f"; median {median:.0f} ms, p99 {p99:.0f} ms"


def send_traffic(target: Target, *, rate: float, seconds: float, tell: Callable[[str], None]) -> Answers:
    """Send hold-out records of the served version to the endpoint at a steady rate.

    Args:
        target: Environment of the endpoint.
        rate: Requests per second.
        seconds: Duration; Ctrl-C ends it earlier.
        tell: Called with a progress message every five seconds.

    Raises:
        DeliveryError: The endpoint serves no version.
    """
    bodies = _bodies(target)
    client = boto3.client(
        "sagemaker-runtime",
        region_name=target.environment.region,
        config=Config(max_pool_connections=MAXIMUM_CLIENTS, retries={"max_attempts": 1, "mode": "standard"}),
    )
    answers = Answers()
    begin = told = time.monotonic()
    pool = ThreadPoolExecutor(max_workers=MAXIMUM_CLIENTS)
    try:
        for number in range(int(rate * seconds)):
            due = begin + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            pool.submit(_ask, client, target.names.endpoint, bodies[number % len(bodies)], answers)
            if time.monotonic() - told > PROGRESS_INTERVAL_SECONDS:
                told = time.monotonic()
                tell(str(answers))
    except KeyboardInterrupt:
        pool.shutdown(cancel_futures=True)  # cancels queued requests only; requests in flight are completed
    pool.shutdown()
    return answers


def _bodies(target: Target) -> list[bytes]:
    served = served_version(target)
    if served is None:
        raise DeliveryError(
            f"{target.names.endpoint} does not serve; release a version first: mlops release ARN -e {target.name}"
        )
    records = read_smoke_records(target, describe_version(target, served)).records
    return [json.dumps(record).encode() for record in records]


def _ask(client: Any, endpoint: str, body: bytes, answers: Answers) -> None:
    begin = time.perf_counter()
    version = error = None
    try:
        answer = client.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)
        version = json.loads(answer["Body"].read())["model_version"]
    except ClientError as refusal:
        error = f"{refusal.response['Error']['Code']} {refusal.response.get('OriginalStatusCode', '')}".strip()
    except (BotoCoreError, ValueError) as failure:
        error = type(failure).__name__
    answers.add(version, error, time.perf_counter() - begin)
