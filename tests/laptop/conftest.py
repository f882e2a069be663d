"""A generated project with a local cloud of its own, and its commands."""

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conftest import BakedProject, made_once
from tests.ports import reserved_port

ACCOUNT = "000000000000"
ONE_ACCOUNT = dict.fromkeys(("dev", "staging", "production"), ACCOUNT)
# The default answers of the questions, which environments.yaml has.
THREE_ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
# Commands that work on production unless they are told otherwise; the others work on dev.
PRODUCTION_COMMANDS = ("release", "predict", "traffic", "put-labels", "monitor")


@dataclass(frozen=True)
class Laptop:
    """A project with a running local cloud, the accounts of its environments, and the one that commands act in."""

    project: BakedProject
    port: int
    account: str = ACCOUNT
    accounts: Mapping[str, str] = field(default_factory=lambda: ONE_ACCOUNT)
    is_chosen: bool = False

    def at(self, environment: str) -> "Laptop":
        """Return the laptop with the credentials of an environment's account, for every command."""
        return replace(self, account=self.accounts[environment], is_chosen=True)

    def for_command(self, words: tuple[str, ...]) -> "Laptop":
        """Return the laptop with the credentials of the account that a command works in, unless some were chosen."""
        if self.is_chosen:
            return self
        if "--environment" in words:
            return self.at(words[words.index("--environment") + 1])
        return self.at("production" if set(words[:2]) & set(PRODUCTION_COMMANDS) else "dev")

    @property
    def environment(self) -> dict[str, str]:
        path = self.project.path
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "localcloud",
            "ENVIRONMENTS_FILE": str(path / "environments.laptop.yaml"),
            "LOCALCLOUD_STATE": str(path / ".localcloud" / "main"),
            "LOCALCLOUD_PYTHON": str(path / ".venv" / "bin" / "python"),
            "PATH": f"{path}/packages/localcloud/bin:/usr/local/bin:/usr/bin:/bin",
        }

    def try_mlops(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a delivery command with the credentials of the account that it works in."""
        environment = self.for_command(words).environment
        return self.project.run(".venv/bin/mlops", *words, **environment)

    def mlops(self, *words: str) -> str:
        """Run a delivery command that must succeed; returns what it printed."""
        result = self.try_mlops(*words)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="eu-west-1",
            aws_access_key_id=self.account,
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
            [".venv/bin/mlops", "traffic", "send", "--rate", str(rate), "--seconds", "600"],
            cwd=self.project.path,
            env=self.project.environment(**self.at("production").environment),
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
        """Stop the cloud and start it again with its state, and with options such as --closed model-monitor."""
        self.project.mlops("local", "down")
        self.project.mlops("local", "up", "--iam", *options, LOCALCLOUD_PORT=str(self.port))

    def prepare(self) -> None:
        """Deploy the stacks, push the image, upload February to July."""
        for environment in self.accounts:
            self.mlops("bootstrap", "--environment", environment)
        for environment in ("dev", "production"):
            self.mlops("deploy", "--environment", environment)
        self.mlops("image", "build")
        self.project.make("sample-data")
        self.mlops("data", "put", *self.months("2025-02", "2025-07"))

    def train(self, window: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Start a training and wait for it."""
        return self.try_mlops("train", "start", "--window", window, *options)


def said(printed: str, key: str) -> str:
    """The rest of the line that begins with a key."""
    return next(line.split(": ", 1)[1].strip() for line in printed.splitlines() if line.strip().startswith(f"{key}: "))


def quiet(settings: str) -> str:
    """The laptop's settings without what happens by itself every minute, which other tests do not expect."""
    lines = settings.splitlines(keepends=True)
    return "".join(line for line in lines if "cooldown_minutes:" not in line and "monitor_every:" not in line)


def promise_less(project: BakedProject) -> None:
    """Let the contract promise 400 ms: cloud, servers and clients share the cores with the tests."""
    contract = project.path / "contract" / "contract.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("p99_milliseconds: 25", "p99_milliseconds: 400"))


def three_accounts(project: BakedProject) -> None:
    """Give every environment of the laptop an account of its own, as the default answers do."""
    path = project.path / "environments.laptop.yaml"
    text = path.read_text(encoding="utf-8")
    for environment, account in THREE_ACCOUNTS.items():
        head, tail = text.split(f"  {environment}:\n", 1)
        text = f"{head}  {environment}:\n{tail.replace(ACCOUNT, account, 1)}"
    path.write_text(text, encoding="utf-8")


def in_one_account(project: BakedProject) -> Laptop:
    """Return a laptop with a port of its own whose project has all environments in one account, as generated."""
    return Laptop(project, reserved_port())


def in_three_accounts(project: BakedProject) -> Laptop:
    """Return a laptop with a port of its own whose project has the three accounts."""
    return Laptop(project, reserved_port(), THREE_ACCOUNTS["dev"], THREE_ACCOUNTS)


# States of a cloud that modules begin with, as snapshots. Stacks, image and February to July are in both.
PREPARED, SERVED = "prepared", "served"


@pytest.fixture(scope="session")
def states(installed: BakedProject, shared_directory: Path) -> BakedProject:
    """A project whose cloud has two snapshots: prepared, and served (version 1 in production). Shared by processes.

    Its environments are three accounts, and IAM is on.
    """
    directory = shared_directory / "states"
    project = BakedProject(directory / "purchase-intent")
    with made_once(directory) as is_mine:
        if is_mine:
            installed.copy(project.path)
            promise_less(project)
            settings = project.path / "environments.laptop.yaml"
            settings.write_text(quiet(settings.read_text(encoding="utf-8")), encoding="utf-8")
            three_accounts(project)
            laptop = in_three_accounts(project)
            project.mlops("local", "up", "--iam", LOCALCLOUD_PORT=str(laptop.port))
            laptop.prepare()
            project.mlops("local", "save", PREPARED)
            arn = said(laptop.train("2025-02:2025-07").stdout, "registered")
            laptop.mlops("approve", arn)
            laptop.mlops("release", arn)
            project.mlops("local", "save", SERVED)
            project.mlops("local", "down")
    return project


@contextmanager
def restored(states: BakedProject, state: str, directory: Path) -> Iterator[Laptop]:
    """Give a copy of the project with a cloud in one of the saved states; the cloud is stopped afterwards."""
    project = states.copy(directory / "purchase-intent")
    snapshots = project.path / ".localcloud" / "main.snapshots"
    snapshots.mkdir(parents=True)
    (snapshots / state).symlink_to(states.path / ".localcloud" / "main.snapshots" / state)
    project.mlops("local", "load", state)
    laptop = in_three_accounts(project)
    project.mlops("local", "up", "--iam", LOCALCLOUD_PORT=str(laptop.port))
    try:
        yield laptop
    finally:
        project.mlops("local", "down")


@pytest.fixture(scope="module")
def laptop(
    states: BakedProject, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laptop]:
    """A cloud of the module's own, in the state that its STATE names; with IAM enforced."""
    with restored(states, request.module.STATE, tmp_path_factory.mktemp("laptop")) as laptop:
        yield laptop


@pytest.fixture(scope="session")
def sample_month(states: BakedProject) -> Path:
    """A file of the sample to damage copies of."""
    return states.path / "build" / "data" / "2025-02.csv"


@pytest.fixture(scope="module")
def served_arn(laptop: Laptop) -> str:
    """ARN of version 1, which production serves in the state SERVED."""
    group = "purchase-intent-dev"
    found = laptop.client("sagemaker").list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    return str(found[-1]["ModelPackageArn"])
