"""Readers that convert a JSON, JSON Lines or CSV request body to columns, in batches to limit memory."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature
from sagemaker_mlops.contract.values import BOOLEAN_TEXTS, number_of
from sagemaker_mlops.runtime.record_rules import MAXIMUM_FAULTS, MISSING, Column, Columns, RequestFault

BATCH_RECORDS, MAXIMUM_RECORDS = 10_000, 250_000
EXPECTED_JSON = 'expected one record, a list of records, or {"records": [...]}, with at least one record'


class UnreadableBody(ValueError):
    """The body as a whole cannot be read; the message quotes no part of it."""


Batch = tuple[Columns, list[RequestFault]]
Reader = Callable[[bytes], Iterator[Batch]]


def body_readers(contract: Contract) -> Mapping[str, Reader]:
    """Return a reader for each content type.

    A reader yields batches of at most BATCH_RECORDS records: the values of each feature as columns, and the faults of
    records that cannot be converted to columns. It raises UnreadableBody if the body as a whole cannot be read.
    """
    names = contract.feature_names
    converters = {feature.name: _csv_converter(feature) for feature in contract.features}
    return {
        "application/json": lambda body: _json_batches(body, names),
        "application/jsonlines": lambda body: _json_lines_batches(body, names),
        "text/csv": lambda body: _csv_batches(body, names, converters),
    }


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableBody("expected UTF-8") from None


def _json(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        raise UnreadableBody("expected JSON, with every name of an object once, and no NaN or Infinity") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError  # a repeated name is ambiguous
    return content


def _refuse_constant(_name: str) -> None:
    raise ValueError


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _json_batches(body: bytes, names: Sequence[str]) -> Iterator[Batch]:
    _refuse_too_many(body.count(b"{"))
    content = _json(_text(body))
    is_wrapped = isinstance(content, dict) and set(content) == {"records"} and isinstance(content["records"], list)
    records = content["records"] if is_wrapped else content
    if isinstance(records, dict):
        records = [records]
    if not isinstance(records, list) or not records:
        raise UnreadableBody(EXPECTED_JSON)
    for start in range(0, len(records), BATCH_RECORDS):
        yield _columns_of(records[start : start + BATCH_RECORDS], names, start)


def _refuse_too_many(records: int) -> None:
    """Raise UnreadableBody for too many records.

    An empty record needs far more memory than its text in the body.
    """
    if records > MAXIMUM_RECORDS:
        raise UnreadableBody(f"expected at most {MAXIMUM_RECORDS:,} records")


def _json_lines_batches(body: bytes, names: Sequence[str]) -> Iterator[Batch]:
    _refuse_too_many(body.count(b"\n"))
    lines = [line for line in _text(body).split("\n") if line.strip()]
    if not lines:
        raise UnreadableBody("expected a record a line, with at least one record")
    for start in range(0, len(lines), BATCH_RECORDS):
        yield _columns_of([_line(line) for line in lines[start : start + BATCH_RECORDS]], names, start)


def _line(line: str) -> Any:
    try:
        return _json(line)
    except UnreadableBody:
        return MISSING


def _columns_of(records: Sequence[Any], names: Sequence[str], start: int) -> Batch:
    """Convert records to columns; the value of an absent field is MISSING."""
    faults: list[RequestFault] = []
    expected = frozenset(names)
    for number, record in enumerate(records):
        if len(faults) >= MAXIMUM_FAULTS:
            break
        if not isinstance(record, dict):
            faults.append(RequestFault(start + number, None, "not_json" if record is MISSING else "not_an_object"))
        elif record.keys() - expected:
            # The name of an unknown field is text of the caller and may be sensitive, so the fault does not contain it.
            faults.append(RequestFault(start + number, None, "unknown_field"))
    readable = records if not faults else [record if isinstance(record, dict) else {} for record in records]
    columns = {name: [record.get(name, MISSING) for record in readable] for name in names}
    return columns, faults


def _csv_batches(
    body: bytes, names: Sequence[str], converters: Mapping[str, Callable[[Sequence[str]], Column]]
) -> Iterator[Batch]:
    rows = _csv_rows(_text(body), len(names))
    first = next(rows, None)
    if first is None:
        raise UnreadableBody("expected a record a line, with at least one record")
    order: Sequence[str] = names
    if _is_header(first, names):
        order = _header([name.strip() for name in first], names)
        first = None
    start = 0
    while batch := list(islice(rows, BATCH_RECORDS - (first is not None))):
        if first is not None:
            batch, first = [first, *batch], None
        yield _csv_columns(batch, order, converters, start)
        start += len(batch)
    if first is not None:
        yield _csv_columns([first], order, converters, 0)
    elif start == 0:
        raise UnreadableBody("expected records below the header, found none")


def _csv_rows(text: str, width: int) -> Iterator[list[str]]:
    """Yield the rows. An empty line is skipped, or is a missing value if there is only one column."""
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            if row or width == 1:
                yield row or [""]
    except csv.Error:
        raise UnreadableBody("expected CSV with commas, and quotes only around whole values") from None


def _is_header(row: list[str], names: Sequence[str]) -> bool:
    """Return True if a row is a header.

    In a header all cells, or more than half and at least three, are names of features. A row with fewer such cells can
    be a record, because a category can have the same name as a feature.
    """
    named = len({cell.strip() for cell in row} & set(names))
    return named == len(row) or (named > 2 and named > len(row) / 2)


def _header(found: list[str], names: Sequence[str]) -> list[str]:
    if sorted(found) != sorted(names):
        raise UnreadableBody("expected a header that names every feature of the contract once, and nothing else")
    return found


def _csv_columns(
    rows: list[list[str]],
    order: Sequence[str],
    converters: Mapping[str, Callable[[Sequence[str]], Column]],
    start: int,
) -> Batch:
    wrong = [number for number, row in enumerate(rows) if len(row) != len(order)]
    faults = [RequestFault(start + number, None, "wrong_number_of_values") for number in wrong]
    for number in wrong:
        rows[number] = [""] * len(order)
    texts = dict(zip(order, zip(*rows, strict=True), strict=True))
    return {name: convert(texts[name]) for name, convert in converters.items()}, faults


def _csv_converter(feature: Feature) -> Callable[[Sequence[str]], Column]:
    """Return a function that converts the cells of a feature to values.

    A cell that cannot be converted remains text.
    """
    if isinstance(feature, CategoryFeature):
        return lambda texts: [text.strip() or None for text in texts]
    return _booleans if isinstance(feature, BooleanFeature) else _numbers


def _booleans(texts: Sequence[str]) -> Column:
    cells = [text.strip() for text in texts]
    return [BOOLEAN_TEXTS.get(cell.lower(), cell or None) for cell in cells]


def _numbers(texts: Sequence[str]) -> Column:
    # float() also accepts 1_000, digits of other scripts, nan and inf; the last two contain an n.
    joined = "".join(texts).lower()
    if joined.isascii() and "_" not in joined and "n" not in joined:
        try:
            return list(map(float, texts))
        except ValueError:
            pass
    return [_number(text.strip()) for text in texts]


def _number(text: str) -> Any:
    number = number_of(text)
    return (text or None) if number is None else number
