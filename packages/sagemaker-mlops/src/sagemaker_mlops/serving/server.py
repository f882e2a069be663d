"""Server process that loads the model, makes one prediction and then serves until it is stopped."""

import gc
import os
import socket
from pathlib import Path

import uvicorn

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.runtime.model_interface import Model, project_model
from sagemaker_mlops.serving.application import InferenceApplication, create_application
from sagemaker_mlops.serving.draining import Draining
from sagemaker_mlops.serving.graceful_server import GracefulServer
from sagemaker_mlops.serving.privileges import drop_privileges
from sagemaker_mlops.serving.request_log import RequestLog

DEFAULT_MODEL_DIRECTORY = "/opt/ml/model"
# The side that closes an idle connection may cut off a request that is being sent. The load balancer therefore closes
# it first, because the server waits longer.
LONGER_THAN_BALANCERS_SECONDS = 75
READY = b"1"
LONGEST_ANSWER_SECONDS = 5  # time for a request that is still running at shutdown


def serve(listener: socket.socket, pipe: int) -> int:
    """Serve on a listening socket, and return the exit code.

    Args:
        listener: listening socket, shared with the other server processes.
        pipe: file descriptor to which READY is written once the model is loaded.

    Returns:
        1 if the model folder has no files, 0 after a normal shutdown.
    """
    version = os.environ.get("MODEL_VERSION", "unknown")
    log = RequestLog(version)
    model = _load(Path(os.environ.get("MODEL_DIRECTORY", DEFAULT_MODEL_DIRECTORY)), log)
    if model is None:
        return 1
    draining = Draining()
    config = _config(create_application(model, load_contract(), version, log=log, draining=draining))
    # All files that may need root have been read.
    privileges = drop_privileges()
    # Exclude the objects loaded so far from garbage collection, which would otherwise check them during requests.
    gc.collect()
    gc.freeze()
    log.write("ready", process=os.getpid(), port=listener.getsockname()[1], privileges=privileges)
    os.write(pipe, READY)
    GracefulServer(config, draining).run([listener])
    return 0


def _load(directory: Path, log: RequestLog) -> Model | None:
    """Return the model, or log an error and return None if there are no files to load it from."""
    if directory.is_dir() and any(directory.iterdir()):
        return project_model().load(directory)
    log.write(
        "not_started",
        error=f"expected a model in {directory}, found no file; check ModelDataUrl and the contents of the archive",
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
