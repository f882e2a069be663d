"""The life of a localcloud: start, restart, kill; nothing outlives it, nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.localcloud.conftest import BUCKET, IMAGE, LocalCloud, run_cli
from tests.localcloud.test_endpoints import invoke, make_endpoint, make_model, variant, wait_for
from tests.localcloud.test_jobs import processing_job
from tests.localcloud.waiting import wait_until
from tests.ports import reserved_port


def children_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_state_survives_a_restart_and_endpoints_serve_again(own_cloud: LocalCloud) -> None:
    own_cloud.client("s3").put_object(Bucket=BUCKET, Key="kept", Body=b"yes")
    own_cloud.client("ssm").put_parameter(Name="kept", Value="yes", Type="String")
    own_cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName="kept")
    make_model(own_cloud, "kept")
    make_endpoint(own_cloud, "kept", variant("kept"))
    own_cloud.restart()
    assert own_cloud.client("s3").get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"yes"
    assert own_cloud.client("ssm").get_parameter(Name="kept")["Parameter"]["Value"] == "yes"
    groups = own_cloud.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["kept"]
    wait_for(own_cloud, "kept")
    wait_until(lambda: serves(own_cloud, "kept"))


def test_up_returns_once_the_endpoints_serve(own_cloud: LocalCloud) -> None:
    make_model(own_cloud, "again", STARTS_AFTER_SECONDS="3")
    make_endpoint(own_cloud, "again", variant("again"))
    own_cloud.instance.stop(own_cloud.running)
    state, port = own_cloud.instance.directory, str(own_cloud.running.port)
    begin = time.monotonic()
    assert "localcloud is ready at" in run_cli("up", "--port", port, state=state).stdout
    assert time.monotonic() - begin > 3
    assert not (state / "starting-endpoints").exists()
    assert serves(own_cloud, "again")
    run_cli("down", state=state)


def test_an_update_right_after_a_restart_follows_the_fleet_that_it_replaces(own_cloud: LocalCloud) -> None:
    sagemaker = own_cloud.client("sagemaker")
    make_model(own_cloud, "slow", STARTS_AFTER_SECONDS="3")
    make_model(own_cloud, "next")
    make_endpoint(own_cloud, "updated", variant("slow"))
    sagemaker.create_endpoint_config(EndpointConfigName="next", ProductionVariants=[variant("next")])
    own_cloud.restart()
    sagemaker = own_cloud.client("sagemaker")
    sagemaker.update_endpoint(EndpointName="updated", EndpointConfigName="next")
    assert invoke(own_cloud, "updated")["model"] == "slow", "it is answered as soon as the old one is there"
    assert wait_for(own_cloud, "updated") == "InService"
    assert sagemaker.describe_endpoint(EndpointName="updated")["EndpointConfigName"] == "next"
    time.sleep(4)  # longer than the slow one takes to start
    assert invoke(own_cloud, "updated")["model"] == "next"
    assert sagemaker.describe_endpoint(EndpointName="updated")["EndpointConfigName"] == "next"


def serves(cloud: LocalCloud, name: str) -> bool:
    try:
        return bool(invoke(cloud, name)["model"] == name)
    except Exception:
        return False


def test_a_killed_cloud_leaves_no_process_and_little_is_lost(own_cloud: LocalCloud, tmp_path: Path) -> None:
    make_model(own_cloud, "killed")
    make_endpoint(own_cloud, "killed", variant("killed"))
    note = tmp_path / "pids"
    own_cloud.client("s3").put_object(Bucket=BUCKET, Key="data/a", Body=b"1")
    job = processing_job("running", "--grandchild", str(note), "--sleep", "60")
    own_cloud.client("sagemaker").create_processing_job(**job)
    wait_until(note.exists)
    processes = children_of(own_cloud.running.pid)
    assert len(processes) >= 5
    own_cloud.restart(kill=True)
    wait_until(lambda: gone(processes))
    lost = own_cloud.client("sagemaker").describe_processing_job(ProcessingJobName="running")
    assert lost["ProcessingJobStatus"] == "Failed"
    assert "localcloud was stopped while the job ran" in lost["FailureReason"]
    wait_until(lambda: serves(own_cloud, "killed"))


def test_an_orderly_end_leaves_no_process(own_cloud: LocalCloud) -> None:
    make_model(own_cloud, "ended")
    make_endpoint(own_cloud, "ended", variant("ended"))
    processes = children_of(own_cloud.running.pid)
    own_cloud.instance.stop(own_cloud.running)
    wait_until(lambda: gone(processes))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose cloud is stopped whatever the test finds."""
    yield tmp_path / "state"
    run_cli("down", state=tmp_path / "state")


def test_the_commands_start_tell_and_stop(state: Path) -> None:
    port = str(reserved_port())
    assert run_cli("status", state=state).returncode == 3
    first = run_cli("up", "--port", port, state=state)
    assert "localcloud is ready at" in first.stdout, first.stderr
    second = run_cli("up", "--port", port, state=state)
    assert (second.returncode, "already running at" in second.stdout) == (0, True)
    assert f"127.0.0.1:{port}" in run_cli("status", state=state).stdout
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in run_cli("env", state=state).stdout
    assert "localcloud.log" in run_cli("logs", state=state).stdout
    assert "has stopped" in run_cli("down", state=state).stdout
    assert "is not running" in run_cli("down", state=state).stdout
    assert "has forgotten everything" in run_cli("reset", "--yes", state=state).stdout
    assert not state.exists()


def test_a_taken_port_is_told_with_the_next_step(cloud: LocalCloud, tmp_path: Path) -> None:
    answer = run_cli("up", "--port", str(cloud.running.port), state=tmp_path)
    assert answer.returncode == 1
    assert "is taken by another program" in answer.stderr
    assert "mlops local up --port" in answer.stderr


def test_an_endpoint_outlives_its_configuration(own_cloud: LocalCloud) -> None:
    make_model(own_cloud, "orphan")
    make_endpoint(own_cloud, "orphan", variant("orphan"))
    own_cloud.client("sagemaker").delete_endpoint_config(EndpointConfigName="orphan")
    own_cloud.restart()
    assert invoke(own_cloud, "orphan")["model"] == "orphan"


def start_in_background(state: Path, port: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "localcloud", "--state", str(state), "up", "--port", port]
    return subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def servers_of(state: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "localcloud.server" in words and str(state) in words:
            found.append(process)
    return found


def test_two_starts_at_once_give_one_server(state: Path) -> None:
    port = str(reserved_port())
    starts = [start_in_background(state, port) for _ in range(2)]
    for start in starts:
        start.wait(timeout=30)
    assert len(servers_of(state)) == 1
    assert "has stopped" in run_cli("down", state=state).stdout
    assert servers_of(state) == []


def test_a_stop_during_a_start_leaves_no_server(state: Path) -> None:
    start = start_in_background(state, str(reserved_port()))
    wait_until((state / "running.json").exists)
    run_cli("down", state=state)
    start.wait(timeout=40)
    wait_until(lambda: servers_of(state) == [])


def test_a_record_of_another_program_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "running.json").write_text(json.dumps({"pid": os.getpid(), "port": 1}))
    assert "is not running" in run_cli("down", state=tmp_path).stdout


def test_a_proxy_of_the_environment_is_not_asked(state: Path) -> None:
    proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    started = run_cli("up", "--port", str(reserved_port()), state=state, environment=proxy)
    assert "is ready at" in started.stdout, started.stderr
    run_cli("down", state=state)


def test_without_a_cloud_the_shell_is_led_nowhere(tmp_path: Path) -> None:
    answer = run_cli("env", state=tmp_path)
    assert answer.returncode == 3
    assert answer.stdout == "export AWS_ENDPOINT_URL=http://127.0.0.1:9\nfalse\n"


def test_variables_that_lead_past_the_cloud_are_hidden(tmp_path: Path) -> None:
    script = "import os; print(sorted(name for name in os.environ if name.startswith('AWS_')))"
    answer = run_cli(
        "run", "--port", str(reserved_port()), "--", sys.executable, "-c", script,
        state=tmp_path, environment={"AWS_ENDPOINT_URL_S3": "x", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    )  # fmt: skip
    assert "AWS_ENDPOINT_URL_S3" not in answer.stdout
    assert "AWS_IGNORE" not in answer.stdout


@pytest.mark.parametrize("port", ["abc", "0", "99999"])
def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    answer = run_cli("up", "--port", port, state=tmp_path)
    assert "expected a port from 1 to 65535" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_run_gives_the_command_a_cloud_and_its_exit_code(tmp_path: Path) -> None:
    script = "import os, urllib.request as u; u.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_ministack/health'); exit(7)"
    answer = run_cli("run", "--port", str(reserved_port()), "--", sys.executable, "-c", script, state=tmp_path)
    assert answer.returncode == 7, answer.stderr


def test_run_hides_the_callers_account(tmp_path: Path) -> None:
    script = "import os; print(os.environ['AWS_ACCESS_KEY_ID'], 'AWS_PROFILE' in os.environ)"
    answer = run_cli(
        "run", "--port", str(reserved_port()), "--", sys.executable, "-c", script,
        state=tmp_path, environment={"AWS_PROFILE": "real", "AWS_ACCESS_KEY_ID": "REAL"},
    )  # fmt: skip
    assert "000000000000 False" in answer.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_run_leaves_no_process_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    words = ["run", "--port", str(reserved_port()), "--", sys.executable, "-c", "import time; time.sleep(100)"]
    process = subprocess.Popen([sys.executable, "-m", "localcloud", "--state", str(tmp_path), *words], env=os.environ)

    def started(*words: str) -> list[psutil.Process]:
        # A child that was just forked still has its parent's command line: neither of these.
        found = [(child, words_of(child)[1:]) for child in children_of(process.pid)]
        return [child for child, its_words in found if its_words[: len(words)] == list(words)]

    wait_until(lambda: bool(started("-m", "localcloud.server") and started("-c")))
    (server,), (command,) = started("-m", "localcloud.server"), started("-c")
    time.sleep(0.3)
    process.send_signal(number)
    process.wait(timeout=20)
    wait_until(lambda: gone([server]))
    if number == signal.SIGKILL:
        command.kill()  # the command is its caller's; only the cloud promises to end with a killed parent
    wait_until(lambda: gone([command]))


def test_events_of_an_image_build_are_deterministic(cloud: LocalCloud) -> None:
    source = Path(__file__).parent / "image"
    image = cloud.images.built(IMAGE)
    assert image is not None
    digests = {cloud.images.build(source, source / "Dockerfile", Path(sys.executable)) for _ in range(2)}
    assert digests == {image.digest}
