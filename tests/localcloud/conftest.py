"""A running localcloud with a small image, and boto3 clients for it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest
from botocore.config import Config
from localcloud.images.image_store import ImageStore
from localcloud.instance import Instance, Running

from tests.ports import reserved_port

IMAGE = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/test:1"
IMAGE_SOURCE = Path(__file__).parent / "image"
ROLE = "arn:aws:iam::000000000000:role/test-role"
BUCKET = "test-bucket"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass
class LocalCloud:
    """One localcloud and its address."""

    instance: Instance
    running: Running

    def client(self, service: str, account: str = "000000000000", region: str = "eu-west-1") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.running.url,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="localcloud",
            config=Config(retries={"max_attempts": 0}),
        )

    @property
    def images(self) -> ImageStore:
        return ImageStore(self.instance.directory / "images")

    def prepare(self) -> None:
        """Push the image, make the bucket and the role."""
        digest = self.images.build(IMAGE_SOURCE, IMAGE_SOURCE / "Dockerfile", Path(sys.executable))
        self.images.tag(IMAGE, digest)
        self.images.push(IMAGE)
        place = {"LocationConstraint": "eu-west-1"}
        self.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        self.make_role("test-role", TRUST)

    def make_role(self, name: str, trust: dict[str, Any], account: str = "000000000000") -> str:
        """Make a role; returns its ARN."""
        iam = self.client("iam", account)
        answer = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        arn: str = answer["Role"]["Arn"]
        return arn

    def restart(self, *, kill: bool = False) -> None:
        """Stop, or kill, and start again on the same port."""
        if kill:
            os.kill(self.running.pid, 9)
            os.waitpid(self.running.pid, 0)
        else:
            self.instance.stop(self.running)
        self.running, _ = self.instance.start(self.running.port)


class StartCloud(Protocol):
    """Start a localcloud below a folder."""

    def __call__(self, directory: Path, *, iam: bool = False) -> LocalCloud: ...


@pytest.fixture(scope="session")
def start_cloud(localcloud_on_path: None) -> Iterator[StartCloud]:
    """Start a localcloud below a folder; it is stopped after the tests."""
    started: list[LocalCloud] = []

    def start(directory: Path, *, iam: bool = False) -> LocalCloud:
        instance = Instance(directory)
        running, _ = instance.start(reserved_port(), iam=iam)
        cloud = LocalCloud(instance, running)
        started.append(cloud)
        cloud.prepare()
        return cloud

    yield start
    for cloud in started:
        running = cloud.instance.recorded()
        if running:
            cloud.instance.stop(running)


@pytest.fixture(scope="session")
def cloud(start_cloud: StartCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalCloud:
    """A localcloud that tests share."""
    return start_cloud(tmp_path_factory.mktemp("shared-cloud"))


@pytest.fixture
def own_cloud(start_cloud: StartCloud, tmp_path: Path) -> LocalCloud:
    """A localcloud of the test's own, to restart and kill."""
    return start_cloud(tmp_path / "own-cloud")


@pytest.fixture(scope="session")
def sagemaker(cloud: LocalCloud) -> Any:
    return cloud.client("sagemaker")


def run_cli(*words: str, state: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command `localcloud`."""
    return subprocess.run(
        [sys.executable, "-m", "localcloud", "--state", str(state), *words],
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        timeout=60,
        check=False,
    )
