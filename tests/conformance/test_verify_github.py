"""`make verify-github`, tried against localcloud's stand-in: asks, records, removes.

The stand-in has one repository and no call that makes one; what a throw-away repository needs of GitHub is tried
against a server of these tests, which answers those calls and hands the others to the stand-in.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from localcloud.instance import Instance

from tests.conformance.conftest import BELIEFS, STAND_IN_REPOSITORY, TOKEN, push_first_commit
from tests.conformance.github_target import _send
from tests.conformance.observations import recorded_file
from tests.conftest import TEMPLATE
from tests.ports import reserved_port


@dataclass
class Account:
    """An account that repositories are made in; what a repository answers is the stand-in's."""

    stand_in: str
    repositories: list[str] = field(default_factory=list)
    may_delete: bool = True

    def answer(self, method: str, path: str, body: bytes, token: str) -> tuple[int, object]:
        """Answer a call as GitHub does."""
        if (method, path) == ("GET", "/user"):
            return 200, {"login": "somebody"}
        if (method, path) == ("POST", "/user/repos"):
            asked = json.loads(body)
            assert (asked["private"], asked["auto_init"]) == (True, True)
            self.repositories.append(asked["name"])
            return 201, {"full_name": f"somebody/{asked['name']}"}
        if method == "DELETE" and path.count("/") == 3:
            if not self.may_delete:
                return 403, {"message": "Must have admin rights to Repository."}
            self.repositories.remove(path.rsplit("/")[-1])
            return 204, None
        found = _send(self.stand_in + path, method, json.loads(body) if body else None, token)
        return found.status, found.content


@pytest.fixture(scope="module")
def stand_in(localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    instance = Instance(tmp_path_factory.mktemp("verify-github") / "cloud")
    running, _ = instance.start(reserved_port())
    push_first_commit(instance.directory)
    yield f"{running.url}/_github"
    instance.stop(running)


@pytest.fixture
def account(stand_in: str) -> Account:
    return Account(stand_in)


@pytest.fixture
def address(account: Account) -> Iterator[str]:
    """A server that answers as the account."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers["Authorization"].split(" ")[1]
            status, content = account.answer(self.command, self.path, body, token)
            data = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def verify(*words: str, answer: str = "", token: str = "token-of-a-person") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.conformance.verify_github", *words],
        input=answer,
        capture_output=True,
        text=True,
        cwd=TEMPLATE,
        env={**os.environ, TOKEN: token},
        check=False,
    )


def check_recorded(directory: Path) -> None:
    """Every belief about GitHub is recorded, with answers, and without the names of account and repository."""
    about_github = [found for found in BELIEFS.values() if found.is_about_github]
    recorded = set(directory.rglob("*.json"))
    assert recorded == {recorded_file(found, directory) for found in about_github}
    for path in recorded:
        text = path.read_text(encoding="utf-8")
        assert json.loads(text)["answers"]
        assert not [name for name in ("somebody", "example-org") if name in text.split('"answers"')[1]], path.name


def test_it_shows_what_it_creates_and_asks(stand_in: str, tmp_path: Path) -> None:
    result = verify("--endpoint", stand_in, "--directory", str(tmp_path), answer="n\n")
    assert result.returncode == 1
    assert "in a new private repository mlops-conformance-<run>, deleted again" in result.stdout
    assert "nothing was created" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_records_every_belief_in_a_repository_that_is_there(stand_in: str, tmp_path: Path) -> None:
    words = ("--endpoint", stand_in, "--repository", STAND_IN_REPOSITORY, "--directory", str(tmp_path), "--yes")
    result = verify(*words)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"in {STAND_IN_REPOSITORY}, which stays" in result.stdout
    check_recorded(tmp_path)


def test_it_makes_a_repository_and_deletes_it(account: Account, address: str, tmp_path: Path) -> None:
    words = ("--endpoint", address, "--directory", str(tmp_path), "--yes", "--only", "github_repository")
    result = verify(*words)
    assert result.returncode == 0, result.stdout + result.stderr
    assert account.repositories == []
    assert {path.parent.name for path in tmp_path.rglob("*.json")} == {"github_repository"}


def test_a_repository_that_cannot_be_deleted_is_named(account: Account, address: str, tmp_path: Path) -> None:
    account.may_delete = False
    words = ("--endpoint", address, "--directory", str(tmp_path), "--yes", "--only", "github_repository/ids")
    result = verify(*words)
    assert result.returncode == 1
    (name,) = account.repositories
    assert f"left behind: somebody/{name} (403" in result.stderr


def test_without_a_token_it_says_what_is_missing(stand_in: str) -> None:
    result = verify("--endpoint", stand_in, token="")
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)
    assert "expected a token in CONFORMANCE_GITHUB_TOKEN" in result.stderr


def test_a_repository_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = verify("--endpoint", "http://127.0.0.1:1", "--repository", "a/b", "--yes")
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)
    assert "expected a repository, found:" in result.stderr
