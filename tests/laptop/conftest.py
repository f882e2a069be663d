"""A generated project with a local cloud of its own, and its commands."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from localcloud.instance import free_port

from tests.conftest import BakedProject

ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Laptop:
    """A project with a running local cloud."""

    project: BakedProject
    port: int

    @property
    def environment(self) -> dict[str, str]:
        path = self.project.path
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "localcloud",
            "ENVIRONMENTS_FILE": str(path / "environments.laptop.yaml"),
            "LOCALCLOUD_STATE": str(path / ".localcloud" / "main"),
            "LOCALCLOUD_PYTHON": str(path / ".venv" / "bin" / "python"),
            "PATH": f"{path}/tools/localcloud/bin:/usr/local/bin:/usr/bin:/bin",
        }

    def try_delivery(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a delivery command."""
        return self.project.run(".venv/bin/python", "-m", "delivery", *words, **self.environment)

    def delivery(self, *words: str) -> str:
        """Run a delivery command that must succeed; returns what it printed."""
        result = self.try_delivery(*words)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="eu-west-1",
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="localcloud",
        )

    def image_uri(self) -> str:
        """The image that was built last."""
        return (self.project.path / "build" / "image-uri.txt").read_text(encoding="utf-8").strip()

    def months(self, first: str, last: str) -> list[str]:
        """Sample files of the months between two, both included."""
        paths = sorted((self.project.path / "build" / "data").glob("*.csv"))
        return [str(path) for path in paths if first <= path.stem <= last]

    @contextmanager
    def traffic(self, rate: int) -> Iterator[list[str]]:
        """Requests at a rate while something is done; afterwards the list has the lines that the command printed."""
        printed: list[str] = []
        process = subprocess.Popen(
            [".venv/bin/python", "-m", "delivery", "traffic", "--rate", str(rate), "--seconds", "600"],
            cwd=self.project.path,
            env=self.project.environment(**self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            time.sleep(3)
            yield printed
        finally:
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=90)
            printed.extend(output.splitlines())

    def restart(self, *options: str) -> None:
        """Stop the cloud and start it again with its state, and with options such as CLOSED=model-monitor."""
        self.project.make("local-down")
        self.project.make("local-up", "IAM=1", *options, LOCALCLOUD_PORT=str(self.port))

    def prepare(self) -> None:
        """Deploy the stacks, push the image, upload February to July."""
        self.delivery("stacks", "bootstrap")
        for environment in ("dev", "production"):
            self.delivery("stacks", "deploy", "--environment", environment)
        self.delivery("build-image")
        self.project.make("sample-data")
        self.delivery("put-data", *self.months("2025-02", "2025-07"))

    def train(self, window: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Start a training and wait for it."""
        return self.try_delivery("start-training", "--window", window, *options)


def said(printed: str, key: str) -> str:
    """The rest of the line that begins with a key."""
    return next(line.split(": ", 1)[1].strip() for line in printed.splitlines() if line.strip().startswith(f"{key}: "))


def quiet(settings: str) -> str:
    """The laptop's settings without what happens by itself every minute, which other tests do not expect."""
    lines = settings.splitlines(keepends=True)
    return "".join(line for line in lines if "cooldown_minutes:" not in line and "monitor_every:" not in line)


@pytest.fixture(scope="session")
def laptop(project: BakedProject) -> Iterator[Laptop]:
    """The shared project with its cloud up, its stacks deployed, its image pushed, February to July uploaded."""
    port = free_port()
    # Cloud, servers and clients share the cores with the tests: what is promised to users is not promised here.
    contract = project.path / "contract" / "contract.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("p99_milliseconds: 25", "p99_milliseconds: 200"))
    settings = project.path / "environments.laptop.yaml"
    text = quiet(settings.read_text(encoding="utf-8")).replace(":4566/_github", f":{port}/_github")
    settings.write_text(text, encoding="utf-8")
    project.make("infra-setup")
    project.make("local-up", "IAM=1", LOCALCLOUD_PORT=str(port))
    laptop = Laptop(project, port)
    laptop.prepare()
    yield laptop
    project.make("local-down")


@pytest.fixture(scope="session")
def sample_month(laptop: Laptop) -> Path:
    """A file of the sample to damage copies of."""
    return Path(laptop.months("2025-02", "2025-02")[0])
