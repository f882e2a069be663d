"""A server with SageMaker's two paths; its answer names the model file and the process."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    def answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer(200, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if body == b"bad":
            return self.answer(400, {"error": "bad request"})
        if body == b"slow":
            time.sleep(2)
        model = Path(os.environ["MODEL_DIRECTORY"]) / "model.txt"
        return self.answer(200, {"model": model.read_text(), "pid": os.getpid(), "arguments": sys.argv[1:]})


time.sleep(float(os.environ.get("STARTS_AFTER_SECONDS", "0")))
if os.environ.get("DIES"):
    sys.exit("dying at start as told")
address = (os.environ["BIND_HOST"], int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
