"""Releases under traffic: good ones lose no request, bad ones roll back by themselves; and every refusal."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from tests.laptop.conftest import Laptop, said
from tests.laptop.faulty_versions import ENDPOINT, FAULTS, GROUP, Fault, copy_version, guard_states, register_faulty
from tests.localcloud.waiting import wait_until

BUCKET = f"{ENDPOINT}-000000000000-capture"
STACK = f"{ENDPOINT}-serving"
REFUSED, ROLLED_BACK, SMOKE_TEST_FAILED, WORSE_AS_SHADOW = 2, 3, 5, 6


@pytest.fixture(scope="module")
def first(laptop: Laptop) -> str:
    """ARN of a version that production serves."""
    arn = said(laptop.train("2025-02:2025-07").stdout, "registered")
    laptop.delivery("approve", "--model-package-arn", arn)
    laptop.delivery("release", "--model-package-arn", arn)
    return arn


def number(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def release(laptop: Laptop, arn: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return laptop.try_delivery("release", "--model-package-arn", arn, *options)


def metadata(laptop: Laptop, arn: str) -> dict[str, str]:
    found = laptop.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return dict(found.get("CustomerMetadataProperties", {}))


def parameters(laptop: Laptop) -> dict[str, str]:
    stack = laptop.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    found = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    return {name: found[name] for name in ("ModelPackageArn", "ShadowModelPackageArn")}


def served_number(laptop: Laptop) -> str:
    return str(json.loads(laptop.delivery("predict"))["model_version"])


def sent(printed: list[str]) -> str:
    return said("\n".join(printed), "sent")


def log_lines(laptop: Laptop) -> list[dict[str, Any]]:
    """What the servers of the endpoint logged of requests."""
    path = laptop.project.path / ".localcloud" / "main" / "logs" / f"endpoint-{ENDPOINT}.log"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and '"event": "invocation"' in line]


def captured(laptop: Laptop, since: str = "") -> list[tuple[str, str]]:
    """Time and version of every captured request since a time, oldest first."""
    s3 = laptop.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"capture/{ENDPOINT}/AllTraffic/")
    found = []
    entries = [entry for page in pages for entry in page.get("Contents", [])]
    for key in [entry["Key"] for entry in entries if f"{entry['LastModified']:%Y-%m-%dT%H:%M:%SZ}" >= since]:
        for line in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines():
            record = json.loads(line)
            answer = json.loads(record["captureData"]["endpointOutput"]["data"])
            found.append((record["eventMetadata"]["inferenceTime"], answer["model_version"]))
    return sorted(one for one in found if one[0] >= since)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_bad_version_rolls_back_by_itself(laptop: Laptop, first: str, fault: Fault) -> None:
    arn = register_faulty(laptop, first, fault)
    with laptop.traffic(40) as printed:
        result = release(laptop, arn)
        time.sleep(1)
        before = len(log_lines(laptop))
        time.sleep(2)
    assert result.returncode == ROLLED_BACK, result.stdout + result.stderr
    assert f"serves version {number(first)}, as before" in result.stderr
    assert "UPDATE_ROLLBACK_COMPLETE" in result.stderr
    assert "Traceback" not in result.stderr
    assert (f"{ENDPOINT}-{fault.guard}" if fault.guard else "did not pass the ping health check") in result.stderr
    assert ("Cause: a server process ended by itself with code 3" in result.stdout) == (fault.name == "dies-at-start")
    # Whoever the old version answered saw no error of it; afterwards nobody does.
    lines = log_lines(laptop)
    assert [line for line in lines if line["status"] >= 500 and line["model_version"] == number(first)] == []
    after = {(line["model_version"], line["status"]) for line in lines[before:]}
    assert after == {(number(first), 200)}
    assert parameters(laptop) == {"ModelPackageArn": first, "ShadowModelPackageArn": ""}
    assert served_number(laptop) == number(first)
    assert "failed_production_reason" in metadata(laptop, arn)
    if fault.guard != "server-errors":
        assert "; 0 failed" in sent(printed), printed[-5:]


def test_a_firing_guard_refuses_the_release(laptop: Laptop, first: str) -> None:
    arn = copy_version(laptop, first)
    wait_until(lambda: "ALARM" not in guard_states(laptop), 30)
    with firing_guard(laptop):
        result = release(laptop, arn)
    assert (result.returncode, "server-errors is in ALARM" in result.stderr) == (REFUSED, True), result.stderr
    assert served_number(laptop) == number(first)
    wait_until(lambda: "ALARM" not in guard_states(laptop), 30)


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
    laptop.client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=[errors])


def test_a_version_that_scores_otherwise_is_taken_back(laptop: Laptop, first: str) -> None:
    fault = Fault("scores-otherwise", "return _good_predict_columns(model, columns) * 0.9", 1, None)
    arn = register_faulty(laptop, first, fault)
    result = release(laptop, arn)
    assert result.returncode == SMOKE_TEST_FAILED, result.stdout + result.stderr
    assert "50 of 50 hold-out records are scored otherwise" in result.stderr
    assert f"Version {number(first)} serves again" in result.stderr
    assert served_number(laptop) == number(first)
    assert "released_production" not in metadata(laptop, arn)


@pytest.fixture(scope="module")
def second(laptop: Laptop, first: str) -> str:
    """A good version, released under traffic, after all that went wrong."""
    arn = copy_version(laptop, first)
    with laptop.traffic(80) as printed:
        result = release(laptop, arn)
        time.sleep(1)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "50 hold-out records scored as in the evaluation" in result.stdout
    assert "; 0 failed" in sent(printed), printed[-5:]
    return arn


def test_a_canary_gets_the_share_that_was_asked_for(laptop: Laptop, first: str, second: str) -> None:
    by_second: dict[str, Counter[str]] = {}
    for moment, version in captured(laptop):
        by_second.setdefault(moment, Counter())[version] += 1
    steps = [counts for counts in by_second.values() if counts[number(second)] and counts[number(first)]]
    # The first and the last second of the step are shared with what came before and after.
    canary = sum(steps[1:-1], Counter())
    assert len(steps) > 6, "ten seconds of ten minutes"
    share = canary[number(second)] / canary.total()
    assert 0.05 < share < 0.15, (share, canary)


def test_after_the_release_every_request_is_the_new_versions(laptop: Laptop, second: str) -> None:
    time.sleep(1.1)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    printed = laptop.delivery("traffic", "--rate", "50", "--seconds", "2")
    assert f"version {number(second)}: 100" in printed

    def recorded() -> list[str]:
        return [version for _, version in captured(laptop, since)]

    wait_until(lambda: len(recorded()) == 100)
    assert set(recorded()) == {number(second)}


def test_the_same_release_again_writes_nothing(laptop: Laptop, second: str) -> None:
    sagemaker = laptop.client("sagemaker")
    before = sagemaker.describe_model_package(ModelPackageName=second)
    events = laptop.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    result = release(laptop, second)
    assert (result.returncode, "nothing was changed" in result.stdout) == (0, True)
    after = sagemaker.describe_model_package(ModelPackageName=second)
    assert before["LastModifiedTime"] == after["LastModifiedTime"]
    assert laptop.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"] == events


def test_a_late_release_of_an_older_version_is_refused(laptop: Laptop, first: str, second: str) -> None:
    result = release(laptop, first)
    assert result.returncode == REFUSED
    assert f"version {number(first)} is older than version {number(second)}, which serves" in result.stderr
    assert "ROLLBACK=1" in result.stderr


@pytest.mark.parametrize("approval", ["Rejected", "PendingManualApproval"])
def test_only_an_approved_version_is_released(laptop: Laptop, second: str, approval: str) -> None:
    result = release(laptop, copy_version(laptop, second, approval=approval))
    assert (result.returncode, f"is {approval}, only an approved" in result.stderr) == (REFUSED, True), result.stderr


def test_a_deleted_version_is_refused(laptop: Laptop, second: str) -> None:
    arn = copy_version(laptop, second)
    laptop.client("sagemaker").delete_model_package(ModelPackageName=arn)
    result = release(laptop, arn)
    assert (result.returncode, "it was deleted, or never there" in result.stderr) == (REFUSED, True), result.stderr


def test_a_version_of_another_group_is_refused(laptop: Laptop, second: str) -> None:
    result = release(laptop, second.replace(f"/{GROUP}/", "/somebody-elses/"))
    assert (result.returncode, f"expected a version of the group {GROUP}" in result.stderr) == (REFUSED, True)


def test_a_version_without_baselines_is_refused(laptop: Laptop, second: str) -> None:
    sagemaker = laptop.client("sagemaker")
    good = sagemaker.describe_model_package(ModelPackageName=second)
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        InferenceSpecification=good["InferenceSpecification"],
    )["ModelPackageArn"]
    result = release(laptop, arn)
    assert result.returncode == REFUSED
    assert "lacks ModelDataQuality.Statistics" in result.stderr
    assert "smoke-test records" in result.stderr


def test_nothing_to_release_is_told(laptop: Laptop) -> None:
    """git records no version yet, as with an empty registry."""
    result = laptop.try_delivery("release")
    assert (result.returncode, "See: make versions" in result.stderr) == (REFUSED, True), result.stderr


def test_of_two_releases_at_once_one_is_refused(laptop: Laptop, second: str) -> None:
    rivals = [copy_version(laptop, second) for _ in range(2)]
    words = [".venv/bin/python", "-m", "delivery", "release", "--model-package-arn"]
    processes = [
        subprocess.Popen(
            [*words, arn],
            cwd=laptop.project.path,
            env=laptop.project.environment(**laptop.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for arn in rivals
    ]
    outcomes = [process.communicate(timeout=180) for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes == [0, REFUSED], outcomes
    won = next(arn for arn, process in zip(rivals, processes, strict=True) if process.returncode == 0)
    assert served_number(laptop) == number(won)


def test_going_back_works_while_a_guard_fires(laptop: Laptop, second: str) -> None:
    """It fires for the version that serves, so it may keep nobody from leaving it."""
    with firing_guard(laptop):
        result = release(laptop, second, "--rollback")
    assert result.returncode == 0, result.stdout + result.stderr
    assert served_number(laptop) == number(second)
    wait_until(lambda: "ALARM" not in guard_states(laptop), 30)


def test_a_good_shadow_is_released(laptop: Laptop, second: str) -> None:
    served = served_number(laptop)
    arn = copy_version(laptop, second)
    with laptop.traffic(30) as printed:
        result = release(laptop, arn, "--shadow", "--requests", "100")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "the shadow answered" in result.stdout
    assert served_number(laptop) == number(arn) != served
    assert parameters(laptop)["ShadowModelPackageArn"] == ""
    assert "; 0 failed" in sent(printed)
    report = laptop.project.path / said(result.stdout, "report")
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "may be released" in page


def test_a_bad_shadow_is_not_released_and_nobody_noticed(laptop: Laptop, second: str) -> None:
    served = served_number(laptop)
    fault = next(fault for fault in FAULTS if fault.name == "raises")
    arn = register_faulty(laptop, second, fault)
    with laptop.traffic(30) as printed:
        result = release(laptop, arn, "--shadow", "--requests", "50")
    assert result.returncode == WORSE_AS_SHADOW, result.stdout + result.stderr
    assert "FAILED: server errors: 100.00%" in result.stdout
    assert served_number(laptop) == served
    assert parameters(laptop)["ShadowModelPackageArn"] == ""
    assert "; 0 failed" in sent(printed)
