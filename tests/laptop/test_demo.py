"""`make demo` from the template: whole, interrupted anywhere, and again."""

import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.conftest import TEMPLATE, clean_environment
from tests.localcloud.waiting import wait_until


def start_demo(directory: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["make", "demo", f"DEMO={directory}"],
        cwd=TEMPLATE,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def processes_below(directory: Path) -> list[str]:
    """Commands of the processes that run something below a folder, or in it."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if process.pid != os.getpid() and any(str(directory) in word for word in words):
            found.append(" ".join(words))
    return found


def interrupt_at(directory: Path, marker: str) -> str:
    """Start the demo, send Ctrl-C to its whole group once a line appears; returns what it printed."""
    demo = start_demo(directory)
    assert demo.stdout is not None
    printed = []
    for line in demo.stdout:
        printed.append(line)
        if marker in line:
            os.killpg(demo.pid, signal.SIGINT)
            break
    printed += demo.stdout.readlines()
    demo.wait(timeout=60)
    assert marker in "".join(printed), "".join(printed)
    assert demo.returncode != 0
    return "".join(printed)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


MARKERS = [
    "generating a project",
    "installing Python packages",
    "installing localcloud",
    "installing CDK",
    "localcloud is ready",
    "purchase-intent-dev-training: creating",
    "TrainModel: Executing",
    "purchase-intent-production: releasing",
]


@pytest.mark.parametrize("marker", MARKERS)
def test_interrupting_the_demo_leaves_no_process(directory: Path, marker: str) -> None:
    printed = interrupt_at(directory, marker)
    wait_until(lambda: not processes_below(directory))
    assert "Traceback" not in printed, printed


def test_the_demo_runs_to_its_end_all_the_same(directory: Path) -> None:
    demo = start_demo(directory)
    printed, _ = demo.communicate(timeout=840)
    assert demo.returncode == 0, printed
    assert re.search(r'prediction: +\{"predictions": \[\{"score": 0\.\d+', printed), printed
    assert re.search(r"registered version: arn:aws:sagemaker:\S+:model-package/purchase-intent-dev/2\n", printed)
    report = re.search(r"report: +(/\S+\.html)\n", printed.split("The loop is closed")[1])
    assert report is not None
    assert "Challenger minus champion" in Path(report.group(1)).read_text(encoding="utf-8")
    # Workers of functions look twice a second whether their cloud is still there.
    wait_until(lambda: not processes_below(directory), 5)
