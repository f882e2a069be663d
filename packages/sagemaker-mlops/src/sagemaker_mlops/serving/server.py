"""One server process: load the model, let it predict once, then answer until it is told to end."""

import gc
import os
import socket
from pathlib import Path

import uvicorn
from model.predict import Model, load_model

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.serving.application import InferenceApplication, create_application
from sagemaker_mlops.serving.draining import Draining
from sagemaker_mlops.serving.graceful_server import GracefulServer
from sagemaker_mlops.serving.privileges import drop_privileges
from sagemaker_mlops.serving.request_log import RequestLog

DEFAULT_MODEL_DIRECTORY = "/opt/ml/model"
# Whoever closes an idle connection may cut off a request that is just being sent, so that is left to the caller.
LONGER_THAN_BALANCERS_SECONDS = 75
READY = b"1"
LONGEST_ANSWER_SECONDS = 5  # of a request that still runs when everything else has ended


def serve(listener: socket.socket, pipe: int) -> int:
    """Serve on a listening socket, and write to a pipe once it is ready; returns the exit code."""
    version = os.environ.get("MODEL_VERSION", "unknown")
    log = RequestLog(version)
    model = _load(Path(os.environ.get("MODEL_DIRECTORY", DEFAULT_MODEL_DIRECTORY)), log)
    if model is None:
        return 1
    draining = Draining()
    config = _config(create_application(model, load_contract(), version, log=log, draining=draining))
    # Everything that is read from files is read by now, so root is of no use any more.
    privileges = drop_privileges()
    # What is loaded by now stays: the garbage collector need not look at it again, in the middle of a request.
    gc.collect()
    gc.freeze()
    log.write("ready", process=os.getpid(), port=listener.getsockname()[1], privileges=privileges)
    os.write(pipe, READY)
    GracefulServer(config, draining).run([listener])
    return 0


def _load(directory: Path, log: RequestLog) -> Model | None:
    """Return the model, or None, with a line in the log, if there are no files to load it from."""
    if directory.is_dir() and any(directory.iterdir()):
        return load_model(directory)
    log.write(
        "not_started",
        error=f"expected a model in {directory}, found no file; look at ModelDataUrl and what the archive holds",
    )
    return None


def _config(application: InferenceApplication) -> uvicorn.Config:
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
    config.load()
    return config
