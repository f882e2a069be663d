"""The client against a server that is busy, limited, or refuses."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.client import (
    LONGEST_PAUSE_SECONDS,
    TRIES,
    GitHubClient,
    GitHubError,
    github_client,
)
from sagemaker_mlops.environments.settings import GitHub

POLL_SECONDS = 0.01
Reply = tuple[int, dict[str, str], Any]


class Server:
    """Answers with what it was given, one after the other, the last for ever."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, str, Any]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.asked.append((self.command, self.path, json.loads(body) if body else None))
                status, headers, content = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
                sent = json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(sent))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815  (the names that http.server calls)

            def log_message(self, *_: Any) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        Thread(target=self._http.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(server: Server, pauses: list[float]) -> GitHubClient:
    return GitHubClient(server.url, "owner", "shop", "a-token", pauses.append)


@pytest.mark.parametrize(
    "busy",
    [
        (502, {}, {}),
        (429, {"Retry-After": "1"}, {"message": "slow down"}),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}, {"message": "API rate limit exceeded"}),
        (403, {"Retry-After": "3"}, {"message": "secondary rate limit"}),
        (403, {}, {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}),
    ],
)
def test_a_busy_github_is_asked_again(server: Server, client: GitHubClient, pauses: list[float], busy: Reply) -> None:
    server.replies = [busy, busy, (200, {}, {"ok": True})]
    assert client.request("GET", "/issues") == {"ok": True}
    assert len(pauses) == 2
    assert all(0 < pause <= LONGEST_PAUSE_SECONDS for pause in pauses)


def test_a_pause_that_github_asks_for_is_kept(server: Server, client: GitHubClient, pauses: list[float]) -> None:
    server.replies = [(429, {"Retry-After": "17"}, {}), (200, {}, {})]
    client.request("GET", "/issues")
    assert pauses == [17.0]


def test_patience_has_an_end(server: Server, client: GitHubClient, pauses: list[float]) -> None:
    server.replies = [(503, {}, {"message": "unavailable"})]
    with pytest.raises(GitHubError, match="503 to GET /issues: unavailable"):
        client.request("GET", "/issues")
    assert len(server.asked) == TRIES


def test_a_github_that_does_not_answer_is_told(pauses: list[float]) -> None:
    client = GitHubClient("http://127.0.0.1:9", "owner", "shop", "a-token", pauses.append)
    with pytest.raises(GitHubError, match="did not answer") as raised:
        client.request("GET", "/issues")
    assert raised.value.status == 0


@pytest.mark.parametrize(
    ("status", "words"), [(401, "token has expired or is wrong"), (403, "May the token do that in owner/shop")]
)
def test_a_refusal_is_not_repeated_and_names_the_next_step(
    server: Server, client: GitHubClient, status: int, words: str
) -> None:
    server.replies = [(status, {}, {"message": "no"})]
    with pytest.raises(GitHubError, match=words) as raised:
        client.request("PUT", "/pulls/1/merge")
    assert len(server.asked) == 1
    assert "a-token" not in str(raised.value)


def test_details_of_a_refusal_are_told(server: Server, client: GitHubClient) -> None:
    server.replies = [(422, {}, {"message": "Validation Failed", "errors": [{"message": "No commits between"}]})]
    with pytest.raises(GitHubError, match="Validation Failed: No commits between"):
        client.request("POST", "/pulls", {"title": "x"})


def test_every_page_is_read(server: Server, client: GitHubClient) -> None:
    server.replies = [(200, {}, list(range(100))), (200, {}, list(range(3)))]
    assert len(list(client.pages("/issues?state=open"))) == 103
    assert server.asked[1][1].endswith("/issues?state=open&per_page=100&page=2")


def test_what_is_not_there_is_none(server: Server, client: GitHubClient) -> None:
    server.replies = [(404, {}, {"message": "Not Found"})]
    assert client.find("/contents/deployments/production.yaml") is None


def test_the_tokens_account_is_asked_for_unless_it_is_given(server: Server, client: GitHubClient) -> None:
    server.replies = [(200, {}, {"login": "ann"})]
    assert client.own_login() == "ann"
    assert server.asked[0][1] == "/user"
    server.replies = [(403, {}, {"message": "Resource not accessible by integration"})]
    assert client.own_login() == "", "a token of an App has no account that it may ask for"
    assert replace(client, login="shop[bot]").own_login() == "shop[bot]"


def test_without_a_token_the_error_says_where_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DELIVERY_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DeliveryError, match="GITHUB_TOKEN"):
        github_client(GitHub(owner="o", repository="r"))
