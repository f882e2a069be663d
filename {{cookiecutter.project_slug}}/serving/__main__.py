"""`python -m serving serve`: how SageMaker starts the image."""

import argparse
import os
import socket
import sys

from serving.processes import serve_with, wanted_processes

DEFAULT_PORT = "8080"
WAITING_CONNECTIONS = 2048


def main() -> int:
    """Serve the model; SageMaker and the image set the address through the environment."""
    parser = argparse.ArgumentParser(prog="python -m serving", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("serve", help="serve the model in as many processes as there are cores")
    process = actions.add_parser("process", help="one of them; takes the number of the listening socket")
    process.add_argument("socket", type=int)
    arguments = parser.parse_args()
    if arguments.action == "process":
        return _serve(socket.socket(fileno=arguments.socket))
    listener = _listen()
    processes = wanted_processes()
    return serve_with(processes, listener, ["process"]) if processes > 1 else _serve(listener)


def _listen() -> socket.socket:
    address = os.environ.get("BIND_HOST", "127.0.0.1"), int(os.environ.get("SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT))
    return socket.create_server(address, backlog=WAITING_CONNECTIONS)


def _serve(listener: socket.socket) -> int:
    from serving.server import serve  # the model's libraries take a second, and the first process needs none of them

    return serve(listener)


if __name__ == "__main__":
    sys.exit(main())
