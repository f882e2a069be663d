"""Command line of the inference server.

SageMaker starts the container with the argument `serve`, which runs `python -m sagemaker_mlops.serving serve`.
"""

import argparse
import os
import socket
import sys

from sagemaker_mlops.serving.processes import Supervisor, process_count
from sagemaker_mlops.serving.request_log import RequestLog

DEFAULT_PORT = "8080"
WAITING_CONNECTIONS = 2048


def main() -> int:
    """Run the command line and return the exit code.

    The environment variables BIND_HOST (default 127.0.0.1) and SAGEMAKER_BIND_TO_PORT (default 8080) set the address.
    """
    parser = argparse.ArgumentParser(prog="python -m sagemaker_mlops.serving", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("serve", help="serve the model in as many processes as there are cores")
    process = actions.add_parser("process", help="one of them; takes the numbers of the listening socket and of a pipe")
    process.add_argument("socket", type=int)
    process.add_argument("pipe", type=int)
    arguments = parser.parse_args()
    if arguments.action == "process":
        return _serve(socket.socket(fileno=arguments.socket), arguments.pipe)
    log = RequestLog(os.environ.get("MODEL_VERSION", "unknown"))
    return Supervisor(process_count(), _listen(), ["process"], log).run()


def _listen() -> socket.socket:
    address = os.environ.get("BIND_HOST", "127.0.0.1"), int(os.environ.get("SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT))
    return socket.create_server(address, backlog=WAITING_CONNECTIONS)


def _serve(listener: socket.socket, pipe: int) -> int:
    from sagemaker_mlops.serving.server import (
        serve,  # imported here, since the supervisor does not need the model's libraries (1 second)
    )

    return serve(listener, pipe)


if __name__ == "__main__":
    sys.exit(main())
