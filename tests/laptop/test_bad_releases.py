"""Releases of bad versions under traffic: they roll back by themselves, and nobody else notices."""

import time

import pytest

from tests.laptop.conftest import SERVED, Laptop
from tests.laptop.faulty_versions import FAULTS, Fault, copy_version, guard_states, register_faulty
from tests.laptop.releasing import (
    REFUSED,
    ROLLED_BACK,
    SMOKE_TEST_FAILED,
    firing_guard,
    log_lines,
    metadata,
    number,
    parameters,
    release,
    sent,
    served_number,
)
from tests.localcloud.waiting import wait_until

STATE = SERVED


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_bad_version_rolls_back_by_itself(laptop: Laptop, served_arn: str, fault: Fault) -> None:
    arn = register_faulty(laptop, served_arn, fault)
    with laptop.traffic(40) as printed:
        result = release(laptop, arn)
        time.sleep(1)
        before = len(log_lines(laptop))
        time.sleep(2)
    assert result.returncode == ROLLED_BACK, result.stdout + result.stderr
    assert f"serves version {number(served_arn)}, as before" in result.stderr
    assert "UPDATE_ROLLBACK_COMPLETE" in result.stderr
    assert "Traceback" not in result.stderr
    assert fault.reason in result.stderr
    assert ("Cause: a server process ended by itself with code 3" in result.stdout) == fault.name.startswith("dies")
    # Whoever the old version answered saw no error of it; afterwards nobody does.
    lines = log_lines(laptop)
    assert [line for line in lines if line["status"] >= 500 and line["model_version"] == number(served_arn)] == []
    after = {(line["model_version"], line["status"]) for line in lines[before:]}
    assert after == {(number(served_arn), 200)}
    assert parameters(laptop) == {"ModelPackageArn": served_arn, "ShadowModelPackageArn": ""}
    assert served_number(laptop) == number(served_arn)
    assert "failed_production_reason" in metadata(laptop, arn)
    if fault.guard != "server-errors":
        assert "; 0 failed" in sent(printed), printed[-5:]


def test_a_firing_guard_refuses_the_release(laptop: Laptop, served_arn: str) -> None:
    arn = copy_version(laptop, served_arn)
    wait_until(lambda: "ALARM" not in guard_states(laptop), 30)
    with firing_guard(laptop):
        result = release(laptop, arn)
    assert (result.returncode, "server-errors is in ALARM" in result.stderr) == (REFUSED, True), result.stderr
    assert served_number(laptop) == number(served_arn)
    wait_until(lambda: "ALARM" not in guard_states(laptop), 30)


def test_a_version_that_scores_otherwise_is_taken_back(laptop: Laptop, served_arn: str) -> None:
    fault = Fault("scores-otherwise", "return _good_predict_columns(model, columns) * 0.9", 1, None)
    arn = register_faulty(laptop, served_arn, fault)
    result = release(laptop, arn)
    assert result.returncode == SMOKE_TEST_FAILED, result.stdout + result.stderr
    assert "50 of 50 hold-out records are scored otherwise" in result.stderr
    assert f"Version {number(served_arn)} serves again" in result.stderr
    assert served_number(laptop) == number(served_arn)
    assert "released_production" not in metadata(laptop, arn)
