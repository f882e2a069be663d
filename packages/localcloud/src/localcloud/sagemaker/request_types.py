"""JSON types of a request, which the service checks before it validates the values.

Source of the code and the wording: AWS's JSON services return SerializationException, as in
https://github.com/aws/aws-sdk-js/issues/2213 ("NUMBER_VALUE can not be converted to a String").
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from botocore.utils import parse_to_aware_datetime

from localcloud.errors import AwsError, validation_error

BITS = {"integer": 31, "long": 63}


def serialization_error(message: str) -> AwsError:
    """Return the error for a request that cannot be deserialized."""
    return AwsError("SerializationException", message)


def read_members(body: bytes) -> dict[str, Any]:
    """Return the JSON content of a request without its null members.

    Raises:
        AwsError: SerializationException if the body is not a JSON object.
    """
    try:
        content = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise serialization_error("The request body is not valid JSON.") from None
    if not isinstance(content, dict):
        raise serialization_error("Start of structure or map expected at the beginning of the request body.")
    members: dict[str, Any] = without_nulls(content)
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def without_nulls(value: Any) -> Any:
    """Return a value without null members, which the service treats as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value if member is not None]
    return value


def check_types(value: Any, shape: Any, path: str = "") -> None:
    """Raise SerializationException for a wrong type, ValidationException for an unknown member."""
    kind = shape.type_name
    if kind == "structure":
        _require(value, isinstance(value, dict), path, "a structure")
        for name, member in value.items():
            if name not in shape.members:
                known = ", ".join(shape.members)
                raise validation_error(f'Unknown parameter in input: "{name}", must be one of: {known}')
            check_types(member, shape.members[name], f"{path}.{name}" if path else name)
    elif kind == "list":
        _require(value, isinstance(value, list), path, "a list")
        for number, member in enumerate(value):
            check_types(member, shape.member, f"{path}[{number}]")
    elif kind == "map":
        _require(value, isinstance(value, dict), path, "a map")
        for key, member in value.items():
            check_types(key, shape.key, path)
            check_types(member, shape.value, f"{path}.{key}")
    else:
        _require(value, CHECKS[kind](value), path, f"a {kind}")


def _require(value: Any, is_right: bool, path: str, expected: str) -> None:
    if not is_right:
        found = type(value).__name__
        raise serialization_error(f"Expected {expected} at {path or 'the request'}; found a {found}.")


def _is_string(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # an unpaired surrogate
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(bits: int) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and -(2**bits) <= value < 2**bits

    return check


def _is_timestamp(value: Any) -> bool:
    if not (_is_number(value) or isinstance(value, str)):
        return False
    try:
        parse_to_aware_datetime(value).timestamp()
    except (ValueError, OverflowError, OSError, RuntimeError):
        return False
    return True


def _is_blob(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return True


CHECKS: dict[str, Callable[[Any], bool]] = {
    "string": _is_string,
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole(BITS["integer"]),
    "long": _is_whole(BITS["long"]),
    "float": _is_number,
    "double": _is_number,
    "timestamp": _is_timestamp,
    "blob": _is_blob,
}
