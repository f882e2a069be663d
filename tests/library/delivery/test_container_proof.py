"""The container proof against a docker that answers as a test says: what a laptop's docker cannot show.

The states and messages are those of Docker's engine: `docker inspect`'s State and HostConfig, runc's errors.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sagemaker_mlops.delivery.container import container as container_module
from sagemaker_mlops.delivery.container import docker as docker_module
from sagemaker_mlops.delivery.container.docker import Answer
from sagemaker_mlops.delivery.container.job_proof import prove_jobs, read_steps, serving_environment
from sagemaker_mlops.delivery.container.server_proof import prove_server
from sagemaker_mlops.delivery.errors import ContainerTestFailed, DeliveryError

ISOLATED = {"NetworkMode": "none", "ReadonlyRootfs": True}
RUNNING = {"Running": True, "ExitCode": 0, "OOMKilled": False}
EVERYWHERE, LOOPBACK = ["00000000", 8080], ["0100007F", 8080]


class Docker:
    """A docker with one container."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.run_answer = Answer(0, "", "")
        self.state: dict[str, Any] = dict(RUNNING)
        self.host = dict(ISOLATED)
        self.log = ""
        self.sockets = [EVERYWHERE]
        self.statuses: dict[str, int | None] = {"/ping": 200, "/invocations": 200}
        self.code_after_stop = 0
        self.on_run: Callable[[tuple[str, ...]], None] = lambda _: None

    def answer(self, *words: str, content: str | None = None, seconds: float | None = None) -> Answer:
        self.asked.append(words)
        if words[0] == "run":
            self.on_run(words)
            return self.run_answer
        if words[0] == "inspect":
            return Answer(0, json.dumps([{"State": self.state, "HostConfig": self.host}]), "")
        if words[0] == "logs":
            return Answer(0, self.log, "")
        if words[0] == "exec":
            body = '{"predictions": [{"score": 0.5}]}'
            return Answer(
                0, json.dumps({"status": self.statuses[words[-1]], "body": body, "sockets": self.sockets}), ""
            )
        if words[0] == "stop":
            self.state = {**RUNNING, "Running": False, "ExitCode": self.code_after_stop}
        return Answer(0, "", "")


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Docker:
    fake = Docker()
    monkeypatch.setattr(docker_module, "try_docker", fake.answer)
    monkeypatch.setattr(container_module, "try_docker", fake.answer)
    monkeypatch.setattr("sagemaker_mlops.delivery.container.server_proof.HEALTH_SECONDS", 0.5)
    return fake


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.txt").write_text("trees")
    return folder


def test_a_server_is_run_isolated_and_removed(docker: Docker, model: Path) -> None:
    docker.log = '{"event":"ready","privileges":"dropped: user 10001"}'
    assert prove_server("image", model, "{}", {"MODEL_DIRECTORY": "/opt/ml/model"}) == [
        "serve: /ping answers 200",
        "serve: without network, on a read-only root file system",
        "serve: root privileges dropped: user 10001",
        "serve: 1 records predicted",
        "serve: ends with 0 after SIGTERM",
    ]
    run = docker.asked[0]
    assert run[-2:] == ("image", "serve")
    assert {"none", "--read-only", "--detach", f"--volume={model}:/opt/ml/model:ro"} <= set(run)
    assert docker.asked[-1][:2] == ("rm", "--force")


def fault(**changes: Any) -> Callable[[Docker], None]:
    return lambda docker: docker.__dict__.update(changes)


def ended(code: int, *, out_of_memory: bool = False) -> dict[str, Any]:
    return {"Running": False, "ExitCode": code, "OOMKilled": out_of_memory}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (fault(state=ended(137, out_of_memory=True)), "out of memory"),
        (fault(state=ended(255), log="exec /usr/local/bin/python: exec format error"), "wrong platform"),
        (fault(state=ended(2), log="invalid choice: 'serve'"), "does not accept `serve`"),
        (
            fault(run_answer=Answer(127, "", 'exec: "serve": executable file not found in $PATH')),
            "does not accept `serve`",
        ),
        (fault(statuses={"/ping": None}, sockets=[["00000000", 5000]]), "the server listens on 5000"),
        (fault(statuses={"/ping": 404}), "/ping answers 404"),
        (fault(sockets=[LOOPBACK]), "listens on 127.0.0.1 only"),
        (fault(statuses={"/ping": 200, "/invocations": 400}), "expected 200 for the records, found 400"),
        (fault(code_after_stop=137), "expected exit code 0 after SIGTERM, found 137"),
        (fault(state=ended(1), log="OSError: [Errno 30] Read-only file system: '/app/cache'"), "writes to its root"),
    ],
)
def test_a_failure_is_told_by_its_cause_and_the_container_removed(
    docker: Docker, model: Path, change: Callable[[Docker], None], cause: str
) -> None:
    change(docker)
    with pytest.raises(ContainerTestFailed) as failure:
        prove_server("image", model, "{}", {})
    assert cause in str(failure.value)
    assert docker.asked[-1][:2] == ("rm", "--force")


def test_an_empty_model_directory_is_told(docker: Docker, tmp_path: Path) -> None:
    docker.state = ended(1)
    with pytest.raises(ContainerTestFailed, match="the model directory /opt/ml/model is empty"):
        prove_server("image", tmp_path, "{}", {})


def test_what_is_not_isolated_is_not_claimed(docker: Docker, model: Path) -> None:
    docker.host = {"NetworkMode": "host", "ReadonlyRootfs": False}
    docker.sockets = [["00000000", 22]]  # of other programs of this computer
    docker.run_answer = Answer(0, "", "WARNING: no effect: --network none\n")
    notes = prove_server("image", model, "{}", {})
    assert "serve: NOT proved: WARNING: no effect: --network none" in notes
    assert not [note for note in notes if "read-only root" in note]


def test_jobs_are_the_definitions_own_steps_with_a_mounted_opt_ml(docker: Docker, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "month=2025-02.csv").write_text("a,b\n")
    train_folder = tmp_path / "TrainModel" / "model"

    def train(words: tuple[str, ...]) -> None:
        if "sagemaker_mlops.training.train_model" in words:
            (train_folder / "model.txt").write_text("trees")

    docker.on_run = train
    found, notes = prove_jobs("image", data, ("2025-02", "2025-02"), tmp_path)
    assert found == train_folder
    assert [note.partition(":")[0] for note in notes] == ["ValidateData", "PrepareData", "TrainModel"]
    runs = [words for words in docker.asked if words[0] == "run"]
    for words, name in zip(runs, ("ValidateData", "PrepareData", "TrainModel"), strict=True):
        specification = read_steps()[name].get("AppSpecification") or read_steps()[name]["AlgorithmSpecification"]
        assert f"--entrypoint={specification['ContainerEntrypoint'][0]}" in words
        assert f"--volume={tmp_path / name}:/opt/ml" in words
    assert runs[0][-4:] == ("--window-end", "2025-02", "--output", "/opt/ml/output")


def test_a_job_that_fails_is_told_with_its_reason(docker: Docker, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    docker.run_answer = Answer(1, "PermissionError: [Errno 13] Permission denied: '/opt/ml/output/message'", "")
    docker.state = ended(1)
    with pytest.raises(ContainerTestFailed, match=r"ValidateData: the container may not use /opt/ml/output/message"):
        prove_jobs("image", data, ("2025-02", "2025-02"), tmp_path)


def test_a_training_that_writes_no_model_is_told(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(ContainerTestFailed, match="TrainModel: expected files in /opt/ml/model, found none"):
        prove_jobs("image", tmp_path / "data", ("2025-02", "2025-02"), tmp_path)


def test_the_server_gets_the_variables_that_versions_are_registered_with() -> None:
    assert serving_environment()["MODEL_DIRECTORY"] == "/opt/ml/model"


def test_a_docker_without_buildx_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(125, "", "unknown flag: --platform\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]")
    monkeypatch.setattr(docker_module, "try_docker", lambda *_, **__: answer)
    with pytest.raises(DeliveryError, match="a docker without the buildx plugin"):
        docker_module.docker("buildx", "build", "--platform", "linux/amd64", ".")
