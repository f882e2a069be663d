"""The web application: `/ping` once the model has predicted, `/invocations` for predictions."""

import json
import logging
from typing import Any

import polars as pl
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from contract.contract import Contract
from contract.features import BooleanFeature, CategoryFeature, Feature, NumericFeature
from model.predict import Model, predict_scores
from serving.requests import check_records, records_of

log = logging.getLogger("serving")
MOST_FAULTS = 100
MAXIMUM_BODY_BYTES = 6 * 1024 * 1024  # SageMaker's limit for real-time requests


class PredictionService:
    """A loaded model that answers requests; every answer names the model's version."""

    def __init__(self, model: Model, contract: Contract, model_version: str) -> None:
        self.model, self.contract, self.model_version = model, contract, model_version
        predict_scores(model, _table([_example(contract)], contract))  # ready means: it has predicted once

    def answer(self, status: int, content: dict[str, Any]) -> Response:
        """An answer of any kind."""
        return JSONResponse({**content, "model_version": self.model_version}, status_code=status)

    def ping(self) -> Response:
        """SageMaker's health check."""
        return self.answer(200, {"status": "ready"})

    async def invocations(self, request: Request) -> Response:
        """Predictions for the records of a request."""
        body = await request.body()
        if len(body) > MAXIMUM_BODY_BYTES:
            return self.answer(413, {"error": f"expected at most {MAXIMUM_BODY_BYTES} bytes"})
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return self.answer(415, {"error": "expected content type application/json"})
        return self._checked(body)

    def _checked(self, body: bytes) -> Response:
        try:
            records = records_of(json.loads(body))
        except (ValueError, RecursionError):
            return self.answer(400, {"error": "expected JSON"})
        if not records:
            return self.answer(400, {"error": 'expected one record, or {"records": [...]} with at least one'})
        faults = [fault.as_dict() for fault in check_records(records, self.contract)[:MOST_FAULTS]]
        if faults:
            return self.answer(400, {"error": "the request breaks the contract", "faults": faults})
        return self._predict(records)

    def _predict(self, records: list[Any]) -> Response:
        try:
            scores = predict_scores(self.model, _table(records, self.contract))
        except Exception as error:
            # The message of an error may quote the request.
            log.error("prediction failed: %s", type(error).__name__)
            return self.answer(500, {"error": "the model failed"})
        threshold = self.contract.gates.decision_threshold
        predictions = [{"score": float(score), "positive": bool(score >= threshold)} for score in scores]
        return self.answer(200, {"predictions": predictions})


def create_application(model: Model, contract: Contract, model_version: str) -> FastAPI:
    """Return the application of a loaded model.

    Args:
        model: the model to serve.
        contract: what requests are checked against.
        model_version: named in every response, so that a canary's answers can be told apart.
    """
    service = PredictionService(model, contract, model_version)
    application = FastAPI(title=contract.name, docs_url=None, redoc_url=None, openapi_url=None)
    application.add_api_route("/ping", service.ping, methods=["GET"], response_model=None)
    application.add_api_route("/invocations", service.invocations, methods=["POST"], response_model=None)
    return application


def _table(records: list[Any], contract: Contract) -> pl.DataFrame:
    schema = {feature.name: _dtype(feature) for feature in contract.features}
    return pl.DataFrame([[record[name] for name in schema] for record in records], schema=schema, orient="row")


def _dtype(feature: Feature) -> Any:
    if isinstance(feature, NumericFeature):
        return pl.Int64 if feature.type == "integer" else pl.Float64
    return pl.String if isinstance(feature, CategoryFeature) else pl.Boolean


def _example(contract: Contract) -> dict[str, Any]:
    """A record that keeps the contract, to warm the model up."""
    return {feature.name: _example_value(feature) for feature in contract.features}


def _example_value(feature: Feature) -> Any:
    if isinstance(feature, CategoryFeature):
        return feature.categories[0]
    if isinstance(feature, BooleanFeature):
        return False
    value = feature.minimum if feature.minimum is not None else min(0.0, feature.maximum or 0.0)
    return int(value) if feature.type == "integer" else float(value)
