"""Reader of JSON lines that may be corrupt."""

import json
from collections.abc import Callable
from typing import Any

import polars as pl

Check = Callable[[Any], bool]
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json_lines(content: bytes, schema: pl.Schema, has_shape: Check) -> tuple[pl.DataFrame, int]:
    """Return a table of the lines, and the number of corrupt lines.

    Args:
        content: whole lines.
        schema: columns and their types; other keys are ignored.
        has_shape: returns True if the content of a line matches the schema; called only if reading all lines fails.
    """
    content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return _read(content, schema), 0
    except pl.exceptions.PolarsError:
        lines = [line for line in content.splitlines() if line.strip()]
        good = [line for line in lines if _is_good(line, has_shape)]
    try:
        return _read(b"\n".join(good), schema), len(lines) - len(good)
    except pl.exceptions.PolarsError:
        tables = [table for line in good if (table := _read_one(line, schema)) is not None]
        return pl.concat([schema.to_frame(), *tables]), len(lines) - len(tables)


def _read(content: bytes, schema: pl.Schema) -> pl.DataFrame:
    return pl.read_ndjson(content, schema=schema) if content.strip() else schema.to_frame()


def _read_one(line: bytes, schema: pl.Schema) -> pl.DataFrame | None:
    try:
        return _read(line, schema)
    except pl.exceptions.PolarsError:
        return None


def _is_good(line: bytes, has_shape: Check) -> bool:
    try:
        return has_shape(json.loads(line, parse_constant=_refuse))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _refuse(_name: str) -> None:
    raise ValueError  # Python reads NaN and Infinity, which JSON does not allow


def are_texts(*values: Any) -> bool:
    """Return True if each value is a string or None."""
    return all(value is None or isinstance(value, str) for value in values)
