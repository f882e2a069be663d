"""A GitHub that knows one call, the start of a workflow, and does what that workflow does: ask for a training."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Retrain = Callable[[dict[str, str]], None]


class GitHubStub:
    """Answers dispatches, with an outage at the beginning if a test wants one."""

    def __init__(self, retrain: Retrain) -> None:
        self.retrain = retrain
        self.outage_requests = 0
        self.refused = 0
        self.dispatched: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()

    def answer(self, path: str, body: dict[str, Any], token: str) -> int:
        """The status of an answer."""
        if self.refused < self.outage_requests:
            self.refused += 1
            return 503
        assert path.endswith("/actions/workflows/retrain.yml/dispatches")
        self.tokens.add(token)
        self.dispatched.append(body["inputs"])
        Thread(target=self.retrain, args=(body["inputs"],), daemon=True).start()
        return 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(stub.answer(self.path, body, self.headers["Authorization"]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quietly."""

        return Handler
