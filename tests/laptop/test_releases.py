"""Releases of good versions under traffic lose no request; what must not be released is refused; shadows."""

import subprocess
import time
from collections import Counter

import pytest

from tests.laptop.conftest import SERVED, Laptop, said
from tests.laptop.faulty_versions import FAULTS, GROUP, copy_version, guard_states, register_faulty
from tests.laptop.releasing import (
    REFUSED,
    STACK,
    WORSE_AS_SHADOW,
    captured,
    firing_guard,
    number,
    parameters,
    release,
    sent,
    served_number,
)
from tests.localcloud.waiting import wait_until

STATE = SERVED


@pytest.fixture(scope="module")
def second(laptop: Laptop, served_arn: str) -> str:
    """A good version, released under traffic, after all that went wrong."""
    arn = copy_version(laptop, served_arn)
    with laptop.traffic(80) as printed:
        result = release(laptop, arn)
        time.sleep(1)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "50 hold-out records scored as in the evaluation" in result.stdout
    assert "; 0 failed" in sent(printed), printed[-5:]
    return arn


def test_a_canary_gets_the_share_that_was_asked_for(laptop: Laptop, served_arn: str, second: str) -> None:
    by_second: dict[str, Counter[str]] = {}
    for moment, version in captured(laptop):
        by_second.setdefault(moment, Counter())[version] += 1
    steps = [counts for counts in by_second.values() if counts[number(second)] and counts[number(served_arn)]]
    # The first and the last second of the step are shared with what came before and after.
    canary = sum(steps[1:-1], Counter())
    assert len(steps) > 6, "ten seconds of ten minutes"
    share = canary[number(second)] / canary.total()
    assert 0.05 < share < 0.15, (share, canary)


def test_after_the_release_every_request_is_the_new_versions(laptop: Laptop, second: str) -> None:
    time.sleep(1.1)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    printed = laptop.mlops("traffic", "send", "--rate", "50", "--seconds", "2")
    assert f"version {number(second)}: 100" in printed

    def recorded() -> list[str]:
        return [version for _, version in captured(laptop, since)]

    wait_until(lambda: len(recorded()) == 100)
    assert set(recorded()) == {number(second)}


def test_the_same_release_again_writes_nothing(laptop: Laptop, second: str) -> None:
    sagemaker = laptop.client("sagemaker")
    before = sagemaker.describe_model_package(ModelPackageName=second)
    cloudformation = laptop.at("production").client("cloudformation")
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    result = release(laptop, second)
    assert (result.returncode, "nothing was changed" in result.stdout) == (0, True)
    after = sagemaker.describe_model_package(ModelPackageName=second)
    assert before["LastModifiedTime"] == after["LastModifiedTime"]
    assert cloudformation.describe_stack_events(StackName=STACK)["StackEvents"] == events


def test_a_late_release_of_an_older_version_is_refused(laptop: Laptop, served_arn: str, second: str) -> None:
    result = release(laptop, served_arn)
    assert result.returncode == REFUSED
    assert f"version {number(served_arn)} is older than version {number(second)}, which serves" in result.stderr
    assert "--rollback" in result.stderr


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
    result = laptop.try_mlops("release")
    assert (result.returncode, "See: mlops versions" in result.stderr) == (REFUSED, True), result.stderr


def test_of_two_releases_at_once_one_is_refused(laptop: Laptop, second: str) -> None:
    rivals = [copy_version(laptop, second) for _ in range(2)]
    words = [".venv/bin/mlops", "release"]
    processes = [
        subprocess.Popen(
            [*words, arn],
            cwd=laptop.project.path,
            env=laptop.project.environment(**laptop.at("production").environment),
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
