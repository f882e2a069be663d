"""`python -m serving serve`: how SageMaker starts the image."""

import argparse
import os
import sys
from pathlib import Path

import uvicorn

from contract.contract import load_contract
from model.predict import load_model
from serving.application import create_application

DEFAULT_PORT = "8080"
DEFAULT_MODEL_DIRECTORY = "/opt/ml/model"


def main() -> int:
    """Load the model and serve it; SageMaker and the image set the address through the environment."""
    parser = argparse.ArgumentParser(prog="python -m serving", description=__doc__)
    parser.add_argument("action", choices=["serve"])
    parser.parse_args()
    model = load_model(Path(os.environ.get("MODEL_DIRECTORY", DEFAULT_MODEL_DIRECTORY)))
    application = create_application(model, load_contract(), os.environ.get("MODEL_VERSION", "unknown"))
    host = os.environ.get("BIND_HOST", "127.0.0.1")
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT))
    uvicorn.run(application, host=host, port=port, log_level="warning", timeout_graceful_shutdown=10)
    return 0


if __name__ == "__main__":
    sys.exit(main())
