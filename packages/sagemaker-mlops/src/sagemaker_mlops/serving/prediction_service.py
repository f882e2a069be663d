"""Prediction service that reads, checks and scores request bodies, independent of the web framework."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature
from sagemaker_mlops.runtime.media_types import UnsupportedType, answer_type, request_type
from sagemaker_mlops.runtime.model_interface import Model, column_predictor
from sagemaker_mlops.runtime.record_rules import MAXIMUM_FAULTS, Columns, RequestFault, column_faults, field_rules
from sagemaker_mlops.runtime.request_bodies import UnreadableBody, body_readers
from sagemaker_mlops.serving.answers import answer_writer


class Refused(Exception):
    """Error for a request that gets no predictions.

    The message is for the caller and contains no data of the request.
    """

    def __init__(self, status: int, message: str, faults: list[RequestFault] | None = None) -> None:
        super().__init__(message)
        self.status, self.faults = status, faults or []


@dataclass(frozen=True)
class Answer:
    """Serialized predictions of one request."""

    body: bytes
    media_type: str
    records: int


class PredictionService:
    """Service that answers requests for one model version.

    The constructor makes one prediction, so a model that cannot predict fails before the server is ready.
    """

    def __init__(self, model: Model, contract: Contract, model_version: str) -> None:
        self._predict, self.contract, self.model_version = column_predictor(model, contract), contract, model_version
        self._rules, self._readers = field_rules(contract), body_readers(contract)
        self._writer = answer_writer(contract)
        self._width = len(contract.outcome_categories)
        self._scores(example_columns(contract))

    def answer(self, body: bytes, content_type: str, encoding: str, accept: str, inference_id: str) -> Answer:
        """Return predictions for the records of a request body.

        Args:
            body: records in the format that `content_type` names.
            content_type: value of the Content-Type header.
            encoding: value of the Content-Encoding header; no encoding is supported.
            accept: value of the Accept header.
            inference_id: id returned with the predictions, by which labels are matched to them later.

        Raises:
            Refused: with status 400 if the body cannot be read or violates the contract, 406 if the accepted type is
                not supported, 415 if the content type is not supported.
            ValueError: if the model returns a score that is not finite.
        """
        requested, answered = _types(content_type, encoding, accept)
        scores: list[Any] = []
        try:
            for columns in self._checked(requested, body):
                scores += self._scores(columns)
        except UnreadableBody as error:
            raise Refused(400, str(error)) from None
        written = self._writer.write(scores, answered, self.model_version, inference_id)
        return Answer(written, answered, len(scores))

    def _checked(self, media_type: str, body: bytes) -> Iterator[Columns]:
        start = 0
        for columns, misfits in self._readers[media_type](body):
            if faults := self._faults(columns, misfits, start):
                raise Refused(400, "the request breaks the contract", faults[:MAXIMUM_FAULTS])
            yield columns
            start += len(columns[self._rules[0].name])

    def _faults(self, columns: Columns, misfits: list[RequestFault], start: int) -> list[RequestFault]:
        """Return the faults of a batch. A record that cannot be read has one fault instead of one per field."""
        faults = column_faults(columns, self._rules)
        if not faults and not misfits:
            return []
        unreadable = {fault.record for fault in misfits if fault.rule != "unknown_field"}
        placed = [RequestFault(start + fault.record, fault.field, fault.rule) for fault in faults]
        kept = [fault for fault in placed if fault.record not in unreadable]
        return sorted([*kept, *misfits], key=lambda fault: fault.record)

    def _scores(self, columns: Columns) -> list[Any]:
        scores: list[Any] = self._predict(columns).tolist()
        numbers = chain.from_iterable(scores) if self._width else scores
        if not all(map(math.isfinite, numbers)):
            raise ValueError("the model returned a score that is no number")
        if self._width and any(len(row) != self._width for row in scores):
            raise ValueError("the model returned another number of scores than the label has categories")
        return scores


def new_inference_id() -> str:
    """Return an inference id, a UUID of version 4, for a request whose caller gave none.

    It is unique and no secret, so it needs no random numbers of the operating system, which cost a system call.
    """
    digits = f"{random.getrandbits(124):031x}"
    variant = "89ab"[int(digits[30], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:30]}"


def example_columns(contract: Contract) -> dict[str, list[Any]]:
    """Return one record that satisfies the contract, which is used to warm up the model."""
    return {feature.name: [_example_value(feature)] for feature in contract.features}


def _types(content_type: str, encoding: str, accept: str) -> tuple[str, str]:
    try:
        requested = request_type(content_type, encoding)
    except UnsupportedType as error:
        raise Refused(415, str(error)) from None
    try:
        return requested, answer_type(accept, requested)
    except UnsupportedType as error:
        raise Refused(406, str(error)) from None


def _example_value(feature: Feature) -> Any:
    if isinstance(feature, CategoryFeature):
        return feature.categories[0]
    if isinstance(feature, BooleanFeature):
        return False
    value = feature.minimum if feature.minimum is not None else min(0.0, feature.maximum or 0.0)
    return int(value) if feature.type == "integer" else float(value)
