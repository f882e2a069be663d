"""Validation of requests: required members, types, lengths, ranges, patterns and enumerations.

The constraints are those of botocore's model of the service. The messages are those of the service.
"""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

from localcloud.errors import validation_error
from localcloud.sagemaker.request_types import check_types

PATTERN_CLASSES = {r"\p{L}": "a-zA-Z\u00c0-\uffff", r"\p{Z}": " ", r"\p{N}": "0-9", r"\p{M}": ""}


def validate_request(members: Any, shape: Shape | None) -> None:
    """Raise the service's error if the members of a request do not match the shape."""
    if shape is None:
        return
    check_types(members, shape)
    faults = [*missing_members(members, shape, ""), *_faults(members, shape, "")]
    if faults:
        raise validation_error(detected(faults))


def detected(faults: list[str]) -> str:
    """Return the service's message for one or several faults."""
    return f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: {'; '.join(faults)}"


def missing_members(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield a message for every required member that is missing, at any depth."""
    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            if name not in value:
                yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, member in value.items():
            yield from missing_members(member, shape.members[name], _join(path, name))
    elif kind == "list":
        for position, member in enumerate(value, start=1):
            yield from missing_members(member, shape.member, f"{path}.{position}.member")
    elif kind == "map":
        for key, member in value.items():
            yield from missing_members(member, shape.value, f"{path}.{key}.member")


def _faults(value: Any, shape: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        for name, member in value.items():
            yield from _faults(member, shape.members[name], _join(path, name))
    elif kind == "list":
        yield from _length_faults(value, shape, path, "length")
        for position, member in enumerate(value, start=1):
            yield from _faults(member, shape.member, f"{path}.{position}.member")
    elif kind == "map":
        for key, member in value.items():
            yield from _faults(key, shape.key, f"{path}.{key}.key")
            yield from _faults(member, shape.value, f"{path}.{key}.member")
    else:
        yield from value_faults(value, shape, path)


def value_faults(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Yield a message for every constraint that a string or a number violates."""
    if shape.type_name == "string":
        yield from _string_faults(value, shape, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _range_faults(value, shape, path)


def _join(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _fault(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _string_faults(value: str, shape: Shape, path: str) -> Iterator[str]:
    yield from _length_faults(value, shape, path, "length")
    enumeration = getattr(shape, "enum", None)
    if enumeration and value not in enumeration:
        yield _fault(value, path, f"Member must satisfy enum value set: [{', '.join(enumeration)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        yield _fault(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _matches(pattern: str, value: str) -> bool:
    for name, characters in PATTERN_CLASSES.items():
        pattern = pattern.replace(name, characters)
    try:
        return re.fullmatch(f"(?:{pattern})", value, re.DOTALL) is not None
    except re.error:
        return True  # a Java regular expression that Python cannot compile


def _length_faults(value: Any, shape: Shape, path: str, what: str) -> Iterator[str]:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and len(value) < minimum:
        yield _fault(value, path, f"Member must have {what} greater than or equal to {minimum}")
    if maximum is not None and len(value) > maximum:
        yield _fault(value, path, f"Member must have {what} less than or equal to {maximum}")


def _range_faults(value: float, shape: Shape, path: str) -> Iterator[str]:
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and value < minimum:
        yield _fault(value, path, f"Member must have value greater than or equal to {minimum}")
    if maximum is not None and value > maximum:
        yield _fault(value, path, f"Member must have value less than or equal to {maximum}")
