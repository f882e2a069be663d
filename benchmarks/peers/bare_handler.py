"""Minimal handler for the same model, without checks, ids or log: `bare_handler.py DIRECTORY PORT`."""

import sys

import lightgbm
import numpy as np
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

booster = lightgbm.Booster(model_file=f"{sys.argv[1]}/model.txt")
application = FastAPI()


@application.get("/ping")
async def ping() -> JSONResponse:
    """Answer a health check."""
    return JSONResponse({})


@application.post("/invocations")
async def invocations(request: Request) -> JSONResponse:
    """Predict for numbers that are already encoded."""
    content = await request.json()
    matrix = np.array(content["inputs"], dtype=np.float64)
    return JSONResponse({"predictions": booster.predict(matrix, num_threads=1).tolist()})


if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
