"""OpenAPI document of the inference server at `/openapi.json`, derived from the contract."""

from typing import Any

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature
from sagemaker_mlops.contract.values import LARGEST_WHOLE_NUMBER
from sagemaker_mlops.runtime.answer_fields import ORIGIN, prediction_schema
from sagemaker_mlops.runtime.media_types import CSV, JSON, JSON_LINES

ERRORS = {
    400: "The body cannot be read, or breaks the contract; faults name record, field and rule.",
    406: "The Accept header names an unsupported type.",
    413: "The body is too large.",
    415: "The body is in a type that the server does not read.",
    500: "The model failed.",
}


def openapi_document(contract: Contract, model_version: str) -> dict[str, Any]:
    """Return the OpenAPI document for a contract and a model version."""
    return {
        "openapi": "3.1.0",
        "info": {"title": contract.name, "version": model_version},
        "paths": {"/ping": {"get": _ping()}, "/invocations": {"post": _invocations(contract)}},
    }


def _ping() -> dict[str, Any]:
    answers = {200: "The model is ready.", 503: "The server is shutting down."}
    return {"responses": {str(status): {"description": why} for status, why in answers.items()}}


def _invocations(contract: Contract) -> dict[str, Any]:
    record = record_schema(contract)
    several = {"type": "array", "items": record, "minItems": 1}
    named = {
        "type": "object",
        "properties": {"records": several},
        "required": ["records"],
        "additionalProperties": False,
    }
    text = {"schema": {"type": "string"}}
    content = {JSON: {"schema": {"anyOf": [record, several, named]}}, JSON_LINES: text, CSV: text}
    predictions = {JSON: {"schema": _predictions(contract)}, JSON_LINES: text, CSV: text}
    errors = {
        str(status): {"description": why, "content": {JSON: {"schema": _error()}}} for status, why in ERRORS.items()
    }
    return {
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Predictions, in order.", "content": predictions}, **errors},
    }


def record_schema(contract: Contract) -> dict[str, Any]:
    """Return the JSON schema of one record."""
    return {
        "type": "object",
        "properties": {feature.name: _value_schema(feature) for feature in contract.features},
        "required": list(contract.feature_names),
        "additionalProperties": False,
    }


def _value_schema(feature: Feature) -> dict[str, Any]:
    schema = {"type": [_json_type(feature), "null"] if feature.nullable else _json_type(feature)}
    if isinstance(feature, CategoryFeature):
        return schema | {"enum": [*feature.categories, *([None] if feature.nullable else [])]}
    if isinstance(feature, BooleanFeature):
        return schema
    largest = LARGEST_WHOLE_NUMBER if feature.type == "integer" else None
    bounds = {
        "minimum": feature.minimum if feature.minimum is not None or largest is None else -largest,
        "maximum": feature.maximum if feature.maximum is not None else largest,
    }
    return schema | {name: bound for name, bound in bounds.items() if bound is not None}


def _json_type(feature: Feature) -> str:
    return "string" if feature.type == "category" else feature.type


def _predictions(contract: Contract) -> dict[str, Any]:
    prediction = prediction_schema(contract)
    origin = {name: {"type": "string"} for name in ORIGIN}
    return {
        "type": "object",
        "properties": {"predictions": {"type": "array", "items": prediction}, **origin},
        "required": ["predictions", *origin],
    }


def _error() -> dict[str, Any]:
    fault = {
        "type": "object",
        "properties": {
            "record": {"type": "integer"},
            "field": {"type": ["string", "null"]},
            "rule": {"type": "string"},
        },
        "required": ["record", "field", "rule"],
    }
    return {
        "type": "object",
        "properties": {
            "error": {"type": "string"},
            "faults": {"type": "array", "items": fault},
            "model_version": {"type": "string"},
        },
        "required": ["error", "model_version"],
    }
