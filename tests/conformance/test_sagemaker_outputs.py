"""Answers of every operation: exactly the members and types of botocore's model, required ones included."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.utils import parse_to_aware_datetime
from localcloud.sagemaker import http  # noqa: F401  (registers the operations)
from localcloud.sagemaker.operations import OPERATIONS

from tests.conformance.raw_calls import MODEL, RawCalls

pytest_plugins = ("tests.conformance.sagemaker_world",)


def is_timestamp(value: Any) -> bool:
    try:
        parse_to_aware_datetime(value)
    except (TypeError, ValueError, RuntimeError):
        return False
    return True


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


SCALARS = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": is_number,
    "double": is_number,
    "timestamp": is_timestamp,
}


def faults(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """What of an answer is not as the model says."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        yield from (f"{path}.{name} is not in the model" for name in value if name not in shape.members)
        yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
        for name, member in value.items():
            if name in shape.members:
                yield from faults(member, shape.members[name], f"{path}.{name}")
    elif kind == "list" and isinstance(value, list):
        for number, member in enumerate(value):
            yield from faults(member, shape.member, f"{path}[{number}]")
    elif kind == "map" and isinstance(value, dict):
        for key, member in value.items():
            yield from faults(member, shape.value, f"{path}.{key}")
    elif kind not in SCALARS or not SCALARS[kind](value):
        yield f"{path}: expected a {kind}, found {value!r}"
    elif kind == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not one of {shape.enum}"


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_answers_are_as_the_model_says(world: RawCalls, operation: str) -> None:
    """Source: botocore 1.43.106, the output shape of each operation."""
    assert world.answers.get(operation), f"call {operation} in sagemaker_world.py"
    shape = MODEL.operation_model(operation).output_shape
    for answer in world.answers[operation]:
        found = [f"members {sorted(answer)}"] if shape is None and answer else []
        if shape is not None:
            found = list(faults(answer, shape))
        assert not found


def test_faults_are_found() -> None:
    shape = MODEL.operation_model("DescribeModel").output_shape
    answer = {"ModelName": "m", "ModelArn": 1, "CreationTime": "soon", "Extra": True, "EnableNetworkIsolation": "no"}
    assert list(faults(answer, shape)) == [
        ".Extra is not in the model",
        ".ModelArn: expected a string, found 1",
        ".CreationTime: expected a timestamp, found 'soon'",
        ".EnableNetworkIsolation: expected a boolean, found 'no'",
    ]
    assert list(faults({"ModelName": "m"}, shape)) == [".CreationTime is missing", ".ModelArn is missing"]
