"""`mlops image check` with localcloud's docker: a project's own image, and images with one fault each."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import BakedProject

SERVER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(PING)
        self.end_headers()
    def do_POST(self):
        body = json.dumps({"predictions": [1]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
PORT = int(os.environ["SAGEMAKER_BIND_TO_PORT"]) + OFFSET
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(CODE))
print(f"listening at: http://127.0.0.1:{PORT}", flush=True)
HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""
DOCKERFILE = 'FROM scratch\nWORKDIR /app\nCOPY app.py ./\nENTRYPOINT ["python", "app.py"]\n'
GOOD = {"PING": "200", "OFFSET": "0", "CODE": "0"}


@pytest.fixture
def docker(project: BakedProject, tmp_path: Path) -> dict[str, str]:
    """Variables of a shell with localcloud's docker, and no running cloud."""
    path = project.path
    return {
        "LOCALCLOUD_STATE": str(tmp_path / "state"),
        "LOCALCLOUD_PYTHON": str(path / ".venv" / "bin" / "python"),
        "PATH": f"{path}/packages/localcloud/bin:{project.environment()['PATH']}",
    }


def prove(
    project: BakedProject, docker: dict[str, str], folder: Path, program: str, dockerfile: str = DOCKERFILE, *more: str
) -> subprocess.CompletedProcess[str]:
    """Build an image of one program, and prove its server with a model of one file."""
    context, model = folder / "context", folder / "model"
    for made in (context, model):
        made.mkdir(exist_ok=True)
    (context / "app.py").write_text(program)
    (context / "Dockerfile").write_text(dockerfile)
    (model / "model.txt").write_text("trees")
    built = project.run("docker", "build", "--provenance=false", *more, "--tag", "faulty", str(context), **docker)
    assert built.returncode == 0, built.stderr
    words = (".venv/bin/mlops", "image", "prove", "faulty", "--model", str(model))
    return project.run(*words, **docker)


def server(**changes: str) -> str:
    program = SERVER
    for name, value in (GOOD | changes).items():
        program = program.replace(f"send_response({name})", f"send_response({value})")
        program = program.replace(f"+ {name}", f"+ {value}").replace(f"exit({name})", f"exit({value})")
    return program


def test_the_projects_own_image_is_proved(project: BakedProject, docker: dict[str, str]) -> None:
    """It trains on random rows of the contract: a team with another one has no sample."""
    printed = project.mlops("image", "check", **docker)
    for proved in ("ValidateData: python", "TrainModel: python", "/ping answers 200", "1 records predicted", "SIGTERM"):
        assert proved in printed
    # What a laptop cannot isolate is not claimed.
    assert "NOT proved: WARNING: localcloud isolates nothing" in printed
    assert "without network, on a read-only root" not in printed
    assert not list((Path(docker["LOCALCLOUD_STATE"]) / "containers").iterdir())


def test_a_server_of_other_peoples_is_proved(project: BakedProject, docker: dict[str, str], tmp_path: Path) -> None:
    result = prove(project, docker, tmp_path, server())
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        (server(CODE="3"), "expected exit code 0 after SIGTERM, found 3"),
        ("import nowhere", "the image lacks a Python package: nowhere"),
        ("import argparse; argparse.ArgumentParser().parse_args()", "the entry point does not accept `serve`"),
        ("open('/opt/ml/model/none.txt')", "the model directory /opt/ml/model is empty, or lacks a file"),
        ("import os; os.kill(os.getpid(), 9)", "out of memory"),
        ("raise SystemExit(5)", "the container ended with exit code 5"),
    ],
)
def test_a_server_that_fails_is_told_by_its_cause(
    project: BakedProject, docker: dict[str, str], tmp_path: Path, program: str, cause: str
) -> None:
    result = prove(project, docker, tmp_path, program)
    assert (result.returncode, cause in result.stderr) == (7, True), result.stdout + result.stderr


@pytest.mark.parametrize(
    ("dockerfile", "option", "fault"),
    [
        (f"{DOCKERFILE}USER 1000\n", (), "expected an image that runs as root, found user 1000"),
        (DOCKERFILE, ("--platform", "linux/arm64"), "expected an image for linux/amd64, found linux/arm64"),
        (DOCKERFILE.partition("ENTRYPOINT")[0], (), "expected an entry point, found none"),
    ],
)
def test_an_image_that_breaks_sagemakers_rules_is_refused(
    project: BakedProject, docker: dict[str, str], tmp_path: Path, dockerfile: str, option: tuple[str, ...], fault: str
) -> None:
    result = prove(project, docker, tmp_path, server(), dockerfile, *option)
    assert (result.returncode, fault in result.stderr) == (7, True), result.stdout + result.stderr
