"""One server process: load the model, let it predict once, then answer until it is told to end."""

import gc
import os
import socket
from pathlib import Path

import uvicorn

from contract.contract import load_contract
from model.predict import load_model
from serving.application import create_application
from serving.draining import Draining
from serving.graceful_server import GracefulServer

DEFAULT_MODEL_DIRECTORY = "/opt/ml/model"
# Whoever closes an idle connection may cut off a request that is just being sent, so that is left to the caller.
LONGER_THAN_BALANCERS_SECONDS = 75
LONGEST_ANSWER_SECONDS = 5  # of a request that still runs when everything else has ended


def serve(listener: socket.socket) -> int:
    """Serve on a listening socket; returns the exit code."""
    draining = Draining()
    model = load_model(Path(os.environ.get("MODEL_DIRECTORY", DEFAULT_MODEL_DIRECTORY)))
    application = create_application(
        model, load_contract(), os.environ.get("MODEL_VERSION", "unknown"), draining=draining
    )
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=LONGER_THAN_BALANCERS_SECONDS,
        timeout_graceful_shutdown=LONGEST_ANSWER_SECONDS,
    )
    # What is loaded by now stays: the garbage collector need not look at it again, in the middle of a request.
    gc.collect()
    gc.freeze()
    GracefulServer(config, draining).run([listener])
    return 0
