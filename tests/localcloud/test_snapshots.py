"""Snapshots: the whole state goes back, whatever happened since; nothing is lost by a mistake."""

import json
from pathlib import Path

import pytest
from localcloud.snapshots import SnapshotError, Snapshots

from tests.localcloud.conftest import BUCKET, LocalCloud, run_cli
from tests.localcloud.test_endpoints import invoke, make_endpoint, make_model, variant
from tests.localcloud.waiting import wait_until
from tests.ports import reserved_port


def body(cloud: LocalCloud, key: str) -> bytes:
    content: bytes = cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def answers(cloud: LocalCloud, endpoint: str) -> bool:
    try:
        return bool(invoke(cloud, endpoint)["model"] == endpoint)
    except Exception:
        return False


def test_buckets_registry_endpoints_and_git_go_back(own_cloud: LocalCloud) -> None:
    snapshots = Snapshots(own_cloud.instance)
    own_cloud.client("s3").put_object(Bucket=BUCKET, Key="kept", Body=b"before")
    own_cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName="kept")
    make_model(own_cloud, "kept")
    make_endpoint(own_cloud, "kept", variant("kept"))
    mark = own_cloud.instance.directory / "github.git" / "mark"
    mark.write_text("before")
    snapshots.save("served")
    own_cloud.client("s3").put_object(Bucket=BUCKET, Key="kept", Body=b"after")
    own_cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName="later")
    own_cloud.client("sagemaker").delete_endpoint(EndpointName="kept")
    mark.write_text("after")
    snapshots.load("served")
    assert body(own_cloud, "kept") == b"before"
    groups = own_cloud.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["kept"]
    assert mark.read_text() == "before"
    wait_until(lambda: answers(own_cloud, "kept"))
    snapshots.load("before-load")
    assert body(own_cloud, "kept") == b"after", "the state before the load was kept"
    assert {one.name for one in snapshots.all()} == {"served", "before-load"}


def test_a_cloud_starts_again_with_the_options_that_it_had(tmp_path: Path) -> None:
    state, port = tmp_path / "state", str(reserved_port())
    options = ("--port", port, "--time-scale", "30", "--iam", "--job-env", "A=b")
    assert run_cli("up", *options, state=state).returncode == 0
    record = state / "running.json"
    before = json.loads(record.read_text())
    assert "saved: one, " in run_cli("snapshot", "save", "one", state=state).stdout
    after = json.loads(record.read_text())
    run_cli("down", state=state)
    assert (after["port"], after["options"]) == (before["port"], before["options"])
    assert {"--iam", "--time-scale=30.0", "--job-env=A=b"} <= set(after["options"])


def test_a_stopped_cloud_is_saved_and_stays_stopped(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "file").write_text("content")
    assert run_cli("snapshot", "save", "one", state=state).returncode == 0
    (state / "file").unlink()
    loaded = run_cli("snapshot", "load", "one", state=state)
    assert "the state until now is the snapshot before-load" in loaded.stdout
    assert (state / "file").read_text() == "content"
    assert run_cli("status", state=state).returncode == 3
    assert "one, " in run_cli("snapshot", "list", state=state).stdout
    assert "removed: one" in run_cli("snapshot", "remove", "one", state=state).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("load", "missing"), "there is no snapshot missing; there are: one"),
        (("remove", "missing"), "there is no snapshot missing; there are: one"),
        (("save", "../one"), "expected a name of letters, digits, dots, dashes and underscores; found '../one'"),
        (("save", "one"), "there is a snapshot one already; replace it with --replace"),
    ],
)
def test_a_mistake_changes_nothing(tmp_path: Path, words: tuple[str, str], message: str) -> None:
    state = tmp_path / "state"
    state.mkdir()
    run_cli("snapshot", "save", "one", state=state)
    refused = run_cli("snapshot", *words, state=state)
    assert (refused.returncode, message in refused.stderr) == (1, True), refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "state.snapshots"]


def test_without_a_state_there_is_nothing_to_save(tmp_path: Path) -> None:
    refused = run_cli("snapshot", "save", "one", state=tmp_path / "state")
    assert "start the cloud first" in refused.stderr


def test_another_version_of_the_engine_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    run_cli("snapshot", "save", "old", state=state)
    about = tmp_path / "state.snapshots" / "old" / "snapshot.json"
    about.write_text(about.read_text().replace('"ministack": "', '"ministack": "0.'))
    refused = run_cli("snapshot", "load", "old", state=state)
    assert "was saved with ministack 0." in refused.stderr


def test_a_cloud_that_a_command_owns_is_not_stopped(own_cloud: LocalCloud) -> None:
    record = own_cloud.instance.directory / "running.json"
    running = json.loads(record.read_text())
    record.write_text(json.dumps({**running, "options": ["--lifeline"]}))
    with pytest.raises(SnapshotError, match="belongs to a command that is running"):
        Snapshots(own_cloud.instance).save("one")
    assert own_cloud.client("s3").list_buckets()["Buckets"], "it still runs"
