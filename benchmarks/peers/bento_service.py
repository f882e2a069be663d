"""BentoML service for the same model, as its documentation writes one: `bentoml serve bento_service:Peer`."""

import os

import bentoml
import lightgbm
import numpy as np


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Peer:
    """Predicts for numbers that are already encoded."""

    def __init__(self) -> None:
        self.booster = lightgbm.Booster(model_file=f"{os.environ['BENTO_MODEL']}/model.txt")

    @bentoml.api(route="/invocations")
    def invocations(self, inputs: list[list[float]]) -> list[float]:
        """Return a score for each row."""
        predictions: list[float] = self.booster.predict(np.array(inputs, dtype=np.float64), num_threads=1).tolist()
        return predictions
