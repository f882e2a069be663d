"""The inference server of a generated project under requests that its OpenAPI allows, and under what nobody allows."""

import gzip
import http.client
import json
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation.modes import GenerationMode

from tests.conftest import BakedProject

GENERATED_REQUESTS = 5_000
PORT_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    record: dict[str, Any]

    def post(self, body: bytes, content_type: str = "application/json", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(PORT_HOST, self.port, timeout=60)
        try:
            connection.request("POST", "/invocations", body, {"Content-Type": content_type, **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def server(project: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    model = tmp_path_factory.mktemp("model")
    peer = Path(__file__).parents[2] / "benchmarks" / "peers" / "train_model.py"
    trained = project.run(".venv/bin/python", str(peer), str(model), PYTHONPATH=str(project.path))
    assert trained.returncode == 0, trained.stderr
    with socket.socket() as probe:
        probe.bind((PORT_HOST, 0))
        port = int(probe.getsockname()[1])
    variables = {"MODEL_DIRECTORY": str(model), "SAGEMAKER_BIND_TO_PORT": str(port), "SERVER_PROCESSES": "1"}
    with (model / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [".venv/bin/python", "-m", "sagemaker_mlops.serving", "serve"],
            cwd=project.path,
            env=project.environment(**variables),
            stdout=log,
            stderr=log,
        )
    try:
        yield _ready(port, json.loads((model / "records.json").read_text())[0])
    finally:
        process.terminate()
        process.wait(timeout=40)


def _ready(port: int, record: dict[str, Any]) -> Server:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            http.client.HTTPConnection(PORT_HOST, port, timeout=5).request("GET", "/ping")
            return Server(port, record)
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_no_generated_request_is_a_server_error(server: Server) -> None:
    """Half of the requests keep the promised schema, half break it."""
    schema = schemathesis.openapi.from_url(f"http://{PORT_HOST}:{server.port}/openapi.json")
    operation = schema["/invocations"]["POST"]
    seen: Counter[int] = Counter()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        cases = operation.as_strategy(generation_mode=mode)

        @given(case=cases)
        @settings(
            max_examples=GENERATED_REQUESTS // 2,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            response = case.call()
            seen[response.status_code] += 1
            assert response.status_code < 500, response.text
            assert response.headers["content-type"][0].startswith(("application/json", "text/csv"))

        ask()
    assert seen.total() >= GENERATED_REQUESTS
    assert seen[200] > GENERATED_REQUESTS / 10, seen
    assert seen[400] > GENERATED_REQUESTS / 10, seen


def with_value(record: dict[str, Any], text: str) -> bytes:
    """A record whose bounce rate is written as given."""
    return json.dumps({**record, "BounceRates": "@"}).replace('"@"', text).encode()


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 400, "1" * 100_000, "0x10", "1_0", "٣"]
)
def test_a_number_that_is_none_is_a_callers_error(server: Server, number: str) -> None:
    assert server.post(with_value(server.record, number))[0] == 400


NASTY: dict[str, bytes] = {
    "nothing": b"",
    "a null": b"null",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep and closed": b"[" * 50_000 + b"]" * 50_000,
    "truncated": b'{"records": [{"Administrative": 1',
    "half a character": '{"records": "é"}'.encode()[:-3],
    "latin-1": '{"é": 1}'.encode("latin-1"),
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "zeros": b"\x00" * 1000,
    "lone surrogate": b'{"\\ud800": 1}',
    "ten megabytes in a line": b'{"records": ["' + b"a" * 10_000_000 + b'"]}',
    "ten megabytes of records": b"[" + b"{}," * 3_300_000 + b"{}]",
    "a bomb that is not unpacked": gzip.compress(b" " * 50_000_000),
}


@pytest.mark.parametrize("content_type", ["application/json", "application/jsonlines", "text/csv"])
@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_body_is_a_callers_error(server: Server, name: str, content_type: str) -> None:
    status, answer = server.post(NASTY[name], content_type)
    assert status == 400, answer
    assert answer["model_version"]


def test_a_name_that_comes_twice_is_a_callers_error(server: Server) -> None:
    body = json.dumps(server.record)[:-1] + ', "Weekend": true}'
    assert server.post(body.encode())[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "application/json; charset=utf-16"}, 415),
        ({"content_type": "application/json; charset=nonsense"}, 415),
        ({"content_type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({"content_type": "application/xml"}, 415),
        ({"content_type": "a" * 5000}, 415),
    ],
)
def test_a_wrong_type_or_encoding_is_told(server: Server, headers: dict[str, str], status: int) -> None:
    assert server.post(gzip.compress(b"{}"), **headers)[0] == status


def test_too_much_is_told(server: Server) -> None:
    assert server.post(b" " * (25 * 1024 * 1024 + 1))[0] == 413


def test_a_caller_who_leaves_hurts_nobody(server: Server) -> None:
    with socket.create_connection((PORT_HOST, server.port)) as left:
        left.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
        )
    assert server.post(json.dumps(server.record).encode())[0] == 200


def test_it_still_serves(server: Server) -> None:
    assert server.post(json.dumps(server.record).encode())[0] == 200
