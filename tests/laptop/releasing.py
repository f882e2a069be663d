"""Releases as tests make and look at them: the command, the endpoint's log, its captured requests, its guards."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from tests.laptop.conftest import THREE_ACCOUNTS, Laptop, said
from tests.laptop.faulty_versions import ENDPOINT, guard_states
from tests.localcloud.waiting import wait_until

BUCKET = f"{ENDPOINT}-{THREE_ACCOUNTS['production']}-capture"
STACK = f"{ENDPOINT}-serving"
REFUSED, ROLLED_BACK, SMOKE_TEST_FAILED, WORSE_AS_SHADOW = 2, 3, 5, 6


def number(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def release(laptop: Laptop, arn: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return laptop.try_mlops("release", arn, *options)


def metadata(laptop: Laptop, arn: str) -> dict[str, str]:
    found = laptop.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return dict(found.get("CustomerMetadataProperties", {}))


def parameters(laptop: Laptop) -> dict[str, str]:
    stack = laptop.at("production").client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    found = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    return {name: found[name] for name in ("ModelPackageArn", "ShadowModelPackageArn")}


def served_number(laptop: Laptop) -> str:
    return str(json.loads(laptop.mlops("predict"))["model_version"])


def sent(printed: list[str]) -> str:
    return said("\n".join(printed), "sent")


def log_lines(laptop: Laptop) -> list[dict[str, Any]]:
    """What the servers of the endpoint logged of requests."""
    path = laptop.project.path / ".localcloud" / "main" / "logs" / f"endpoint-{ENDPOINT}.log"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and '"event":"invocation"' in line]


def captured(laptop: Laptop, since: str = "") -> list[tuple[str, str]]:
    """Time and version of every captured request since a time, oldest first."""
    s3 = laptop.at("production").client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"capture/{ENDPOINT}/AllTraffic/")
    found = []
    entries = [entry for page in pages for entry in page.get("Contents", [])]
    for key in [entry["Key"] for entry in entries if f"{entry['LastModified']:%Y-%m-%dT%H:%M:%SZ}" >= since]:
        for line in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines():
            record = json.loads(line)
            answer = json.loads(record["captureData"]["endpointOutput"]["data"])
            found.append((record["eventMetadata"]["inferenceTime"], answer["model_version"]))
    return sorted(one for one in found if one[0] >= since)


@contextmanager
def firing_guard(laptop: Laptop) -> Iterator[None]:
    """The guard alarm on server errors fires until something is done."""
    over = Event()

    def fire() -> None:
        while not over.wait(0.3):
            put_server_errors(laptop)

    firing = Thread(target=fire)
    firing.start()
    try:
        wait_until(lambda: "ALARM" in guard_states(laptop), 30)
        yield
    finally:
        over.set()
        firing.join()


def put_server_errors(laptop: Laptop) -> None:
    dimensions = {"EndpointName": ENDPOINT, "VariantName": "AllTraffic"}
    errors = {
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Value": 100,
    }
    laptop.at("production").client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=[errors])
