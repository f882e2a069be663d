"""Checks of step arguments against botocore's description of the SageMaker API, without calling it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

FUNCTIONS = frozenset({"Get", "Std:Join", "Std:JsonGet"})
PATH_PART = re.compile(r"\.?([A-Za-z0-9_\-]+)|\['([^']+)'\]|\[(\d+)\]")


@cache
def service_model() -> ServiceModel:
    """Return botocore's description of the SageMaker API."""
    return botocore.session.Session().get_service_model("sagemaker")


def argument_faults(operation: str, arguments: dict[str, Any], defaults: dict[str, Any]) -> Iterator[str]:
    """Yield the faults for which the API would reject the arguments of a step.

    These are unknown or missing members, and values that violate a type, enumeration, pattern, length or range.

    Args:
        operation: API operation that runs the step.
        arguments: arguments of the step, with the job name that the service adds.
        defaults: default value of each pipeline parameter, which replaces references to the parameter.
    """
    shape = service_model().operation_model(operation).input_shape
    sample = sample_of(arguments, shape, defaults)
    report = ParamValidator().validate(sample, shape)
    if report.has_errors():
        yield from report.generate_report().splitlines()
    else:
        yield from _constraint_faults(sample, shape, operation)


def is_function(value: Any) -> bool:
    """Return True for `{"Get": ...}` and the other functions of the definition language."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FUNCTIONS


def sample_of(value: Any, shape: Any, defaults: dict[str, Any]) -> Any:
    """Return a value with each function replaced by a sample of the type that the API expects."""
    if is_function(value):
        parameter = str(value.get("Get", "")).removeprefix("Parameters.")
        return defaults[parameter] if parameter in defaults else _any_value(shape)
    if isinstance(value, dict):
        members = getattr(shape, "members", {})
        inner = getattr(shape, "value", None)
        return {
            key: sample_of(member, members.get(key, inner), defaults)
            for key, member in value.items()
            if member is not None
        }
    if isinstance(value, list):
        return [sample_of(member, getattr(shape, "member", None), defaults) for member in value]
    return value


def _any_value(shape: Shape | None) -> Any:
    if shape is None:
        return ""
    if shape.type_name == "string":
        enumeration = getattr(shape, "enum", None)
        return (
            enumeration[0]
            if enumeration
            else "s3://bucket/key"
            if "uri" in shape.name.lower() or "url" in shape.name.lower()
            else "sample"
        )
    return {"integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": True, "list": [], "map": {}}.get(
        shape.type_name, {}
    )


def _constraint_faults(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield violations of enumerations, patterns and maxima, which ParamValidator does not check."""
    if shape.type_name == "structure":
        for key, member in value.items():
            yield from _constraint_faults(member, shape.members[key], f"{path}.{key}")
    elif shape.type_name == "map":
        yield from _too_many(value, shape, path, "entries")
        for key, member in value.items():
            yield from _constraint_faults(key, shape.key, f"{path} key")
            yield from _constraint_faults(member, shape.value, f"{path}.{key}")
    elif shape.type_name == "list":
        yield from _too_many(value, shape, path, "items")
        for position, member in enumerate(value):
            yield from _constraint_faults(member, shape.member, f"{path}[{position}]")
    elif shape.type_name == "string":
        yield from _string_faults(value, shape, path)
    elif "max" in shape.metadata and value > shape.metadata["max"]:
        yield f"{path}: {value} is above {shape.metadata['max']}"


def _too_many(value: Any, shape: Shape, path: str, what: str) -> Iterator[str]:
    maximum = shape.metadata.get("max")
    if maximum is not None and len(value) > maximum:
        yield f"{path}: {len(value)} {what}, at most {maximum} are allowed"


def _string_faults(value: str, shape: Any, path: str) -> Iterator[str]:
    yield from _too_many(value, shape, path, "characters")
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {', '.join(shape.enum[:5])}{', ...' if len(shape.enum) > 5 else ''}"
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern and pattern.fullmatch(value) is None:
        yield f"{path}: {value!r} does not match {shape.metadata['pattern']}"


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """Return the API's pattern for Python, or None for the few patterns that only Java supports."""
    for name, characters in ((r"\p{L}", "a-zA-Z"), (r"\p{Z}", " "), (r"\p{N}", "0-9")):
        text = text.replace(name, characters)
    try:
        return re.compile(text, re.DOTALL) if text else None
    except re.error:
        return None


def path_fault(shape_name: str, path: str) -> str | None:
    """Return why a property path does not exist in the result of a Describe call, or None if it exists.

    Args:
        shape_name: name of the result's shape, such as `DescribeTrainingJobResponse`.
        path: property path of a reference, such as `ModelArtifacts.S3ModelArtifacts`.
    """
    shape: Any = service_model().shape_for(shape_name)
    for match in PATH_PART.finditer(path):
        if match.group(1) is not None:
            if shape.type_name != "structure" or match.group(1) not in shape.members:
                return f"{shape.name} has no {match.group(1)}"
            shape = shape.members[match.group(1)]
        elif shape.type_name in ("list", "map"):
            shape = shape.member if shape.type_name == "list" else shape.value
        else:
            return f"{shape.name} cannot be indexed"
    return None
