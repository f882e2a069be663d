"""Validation of types, strings and numbers against a schema."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Definition = dict[str, Any]
JSON_TYPES = {
    dict: "JSONObject",
    list: "JSONArray",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "BigDecimal",
}
# Java's character classes that Python lacks. The first three are used inside brackets.
CHARACTER_CLASSES = {
    r"\p{L}": "a-zA-Z\u00c0-\uffff",
    r"\p{Z}": r"\s",
    r"\p{N}": "0-9",
    r"\p{Print}": r"[\x20-\x7e]",
}
TYPE_NAMES = {
    "string": "String",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "object": "JSONObject",
    "array": "JSONArray",
}


@dataclass(frozen=True)
class Fault:
    """A violation of a schema: its location (such as `#/Tags/0`), the schema keyword and the message."""

    pointer: str
    keyword: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message}"


def hidden(pointer: str, keyword: str) -> Fault:
    """Return a fault whose message does not contain the value."""
    return Fault(pointer, keyword, f"failed validation constraint for keyword [{keyword}]")


def type_fault(value: Any, types: Any, pointer: str) -> Fault | None:
    """Return a fault if a value has none of the given types, otherwise None."""
    wanted = [types] if isinstance(types, str) else list(types or [])
    if not wanted or any(_has_type(value, name) for name in wanted):
        return None
    found = JSON_TYPES.get(type(value), "Null")
    return Fault(pointer, "type", f"expected type: {TYPE_NAMES[wanted[0]]}, found: {found}")


def _has_type(value: Any, name: str) -> bool:
    """Return True if a value has a type.

    CloudFormation converts between scalars: "60" is accepted as an integer, 60 as a string, "true" as a boolean.
    """
    if name in ("object", "array"):
        return isinstance(value, dict if name == "object" else list)
    if isinstance(value, dict | list) or value is None:
        return False
    if name == "boolean":
        return str(value).lower() in ("true", "false")
    return name == "string" or (not isinstance(value, bool) and _number(value, whole=name == "integer") is not None)


def _number(value: Any, *, whole: bool = False) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if whole and not number.is_integer() else number


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _min_length(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if _is_scalar(value) and len(_text(value)) < schema["minLength"]:
        yield Fault(pointer, "minLength", f"expected minLength: {schema['minLength']}, actual: {len(_text(value))}")


def _max_length(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if _is_scalar(value) and len(_text(value)) > schema["maxLength"]:
        yield Fault(pointer, "maxLength", f"expected maxLength: {schema['maxLength']}, actual: {len(_text(value))}")


def _pattern(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if _is_scalar(value) and not matches(schema["pattern"], _text(value)):
        yield hidden(pointer, "pattern")


def _enum(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if _is_scalar(value) and _text(value) not in {_text(allowed) for allowed in schema["enum"]}:
        yield hidden(pointer, "enum")


def _const(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if _is_scalar(value) and _text(value) != _text(schema["const"]):
        yield hidden(pointer, "const")


def _minimum(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    number = _number(value)
    if number is not None and number < schema["minimum"]:
        yield hidden(pointer, "minimum")


def _maximum(value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    number = _number(value)
    if number is not None and number > schema["maximum"]:
        yield hidden(pointer, "maximum")


SCALAR_CHECKS = {
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "maximum": _maximum,
}


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    for name, characters in CHARACTER_CLASSES.items():
        pattern = pattern.replace(name, characters)
    try:
        return re.compile(pattern)
    except re.error:
        return None  # a Java regular expression that Python cannot compile


def matches(pattern: str, text: str) -> bool:
    """Return True if a text matches a pattern, or if Python cannot compile the pattern."""
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(text) is not None
