"""Minimal handler on Granian for the same model, without checks, ids or log: `granian_handler.py DIRECTORY PORT`."""

import json
import os
import sys
from typing import Any

import lightgbm
import numpy as np
from granian import Granian

DIRECTORY = "GRANIAN_HANDLER_MODEL"
booster = lightgbm.Booster(model_file=f"{os.environ.get(DIRECTORY) or sys.argv[1]}/model.txt")
HEADERS = [("content-type", "application/json")]


async def application(scope: Any, protocol: Any) -> None:
    """Predict for numbers that are already encoded; Granian's own interface, RSGI."""
    if scope.path == "/ping":
        protocol.response_str(200, HEADERS, "{}")
        return
    content = json.loads(await protocol())
    matrix = np.array(content["inputs"], dtype=np.float64)
    predictions = booster.predict(matrix, num_threads=1).tolist()
    protocol.response_str(200, HEADERS, json.dumps({"predictions": predictions}))


if __name__ == "__main__":
    os.environ[DIRECTORY] = sys.argv[1]
    target = "granian_handler:application"
    server = Granian(target, address="127.0.0.1", port=int(sys.argv[2]), interface="rsgi", workers=1, log_enabled=False)
    server.serve()
