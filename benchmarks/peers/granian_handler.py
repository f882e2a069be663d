"""Minimal handler on Granian for the same model, without checks, ids or log: `granian granian_handler:application`.

The model's folder is in GRANIAN_HANDLER_MODEL. Only the worker process imports this file: a process that is forked
after LightGBM was used waits for ever for the threads of its parent.
"""

import json
import os
from typing import Any

import lightgbm
import numpy as np

booster = lightgbm.Booster(model_file=f"{os.environ['GRANIAN_HANDLER_MODEL']}/model.txt")
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
