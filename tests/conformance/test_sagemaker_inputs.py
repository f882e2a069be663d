"""Requests that SageMaker cannot accept get its error, never a 500: generated from botocore's model."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from localcloud.sagemaker import http  # noqa: F401  (registers the operations)
from localcloud.sagemaker.operations import OPERATIONS

from tests.conformance.raw_calls import MODEL, RawCalls

pytest_plugins = ("tests.conformance.sagemaker_world",)

Path = tuple[str | int, ...]
LIMITS = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# Values of another type, for each type of the model.
WRONG_TYPES: dict[str, list[Any]] = {
    "structure": ["text", 1, [], True],
    "list": ["text", 1, {}],
    "map": ["text", 1, []],
    "string": [1, True, {}, [], "\ud800"],
    "boolean": ["true", 1, {}],
    "integer": ["1", 1.5, True, {}, 2**31],
    "long": ["1", 1.5, True, {}, 2**63],
    "float": ["1.0", True, {}],
    "double": ["1.0", True, {}],
    "timestamp": ["soon", True, {}, 1e300],
}


def places(value: Any, shape: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every place in a request, with its shape."""
    if path:
        yield path, shape
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from places(member, shape.members[name], (*path, name))
    elif shape.type_name == "list":
        for number, member in enumerate(value):
            yield from places(member, shape.member, (*path, number))
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from places(member, shape.value, (*path, key))


def replaced(request: Any, path: Path, value: Any) -> Any:
    found = deepcopy(request)
    place = found
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return found


def removed(request: Any, path: Path) -> Any:
    found = deepcopy(request)
    place = found
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return found


def required_places(value: Any, shape: Any) -> list[Path]:
    found: list[Path] = []
    for path, member in [((), shape), *places(value, shape)]:
        if member.type_name == "structure":
            found += [(*path, name) for name in member.required_members]
    return found


def outside(shape: Any) -> list[Any]:
    """Values of the right type that a constraint of the shape forbids."""
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "string":
        found = ["x" * (maximum + 1)] if maximum is not None and maximum < 10_000 else []
        found += ["no-such-value"] if shape.enum else []
        found += ["\n \u2028"] if _forbids(shape.metadata.get("pattern"), "\n \u2028") else []
        return found
    if shape.type_name in ("integer", "long", "float", "double"):
        return [
            bound
            for bound, is_there in ((_less(minimum), minimum is not None), (_more(maximum), maximum is not None))
            if is_there
        ]
    return []


def _less(minimum: int | None) -> int:
    return (minimum or 0) - 1


def _more(maximum: int | None) -> int:
    return (maximum or 0) + 1


def _forbids(pattern: str | None, text: str) -> bool:
    """True if a simple pattern does not match; those of Java's dialect are left out."""
    if not pattern or r"\p" in pattern:
        return False
    return re.fullmatch(f"(?:{pattern})", text, re.DOTALL) is None


def request_of(world: RawCalls, operation: str) -> dict[str, Any]:
    """A request that is accepted; of a list, with every option that a text or a number can give."""
    request = world.requests[operation][0]
    return {**options(operation), **request} if operation.startswith("List") else request


def options(operation: str) -> dict[str, Any]:
    """Values for the filters and the paging of a list."""
    samples = {"integer": 50, "timestamp": 946684800, "string": "a"}
    return {
        name: member.enum[0] if getattr(member, "enum", None) else samples[member.type_name]
        for name, member in input_shape(operation).members.items()
        if name != "NextToken" and not name.endswith(("Arn", "ArnEquals"))
    }


def input_shape(operation: str) -> Any:
    return MODEL.operation_model(operation).input_shape


def json_of(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_wrong_type_anywhere_is_refused(world: RawCalls, operation: str) -> None:
    """Source: AWS's JSON protocol answers SerializationException to what it cannot deserialize."""
    request, shape = request_of(world, operation), input_shape(operation)
    found = list(places(request, shape))
    assert found

    @LIMITS
    @given(st.data())
    def check(data: st.DataObject) -> None:
        path, member = data.draw(st.sampled_from(found))
        wrong = data.draw(st.sampled_from(WRONG_TYPES[member.type_name]))
        answer = world.send(operation, json_of(replaced(request, path, wrong)))
        assert (answer.status, answer.code) == (400, "SerializationException"), (path, wrong, answer)

    check()


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_missing_member_is_named(world: RawCalls, operation: str) -> None:
    """Source: botocore 1.43.106, required members; "Member must not be null" is the service's wording."""
    request, shape = request_of(world, operation), input_shape(operation)
    for path in required_places(request, shape):
        for body in (removed(request, path), replaced(request, path, None)):
            answer = world.send(operation, json_of(body))
            assert (answer.status, answer.code) == (400, "ValidationException"), (path, answer)
            assert "Member must not be null" in answer.message
            assert str(path[-1])[1:] in answer.message


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_value_outside_its_constraints_is_refused(world: RawCalls, operation: str) -> None:
    """Source: botocore 1.43.106, lengths, ranges, patterns and enumerations."""
    request, shape = request_of(world, operation), input_shape(operation)
    for path, member in places(request, shape):
        for value in outside(member):
            answer = world.send(operation, json_of(replaced(request, path, value)))
            assert (answer.status, answer.code) == (400, "ValidationException"), (path, value, answer)
            assert "failed to satisfy constraint" in answer.message


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape's type, without regard to its constraints."""
    kind = shape.type_name
    if kind == "structure":
        if depth > 3:
            return st.just({})
        required = {name: values(shape.members[name], depth + 1) for name in shape.required_members}
        optional = {name: values(member, depth + 1) for name, member in shape.members.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional if depth < 2 else {})
    if kind == "list":
        return st.lists(values(shape.member, depth + 1), max_size=2)
    if kind == "map":
        return st.dictionaries(st.text(max_size=5), values(shape.value, depth + 1), max_size=2)
    if kind == "string":
        return st.sampled_from(shape.enum) if shape.enum else st.text(max_size=30)
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "timestamp": st.integers(0, 2**32),
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "double": st.floats(allow_nan=False, allow_infinity=False),
    }
    return scalars[kind]


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_no_request_is_a_500(world: RawCalls, operation: str) -> None:
    @settings(LIMITS, max_examples=6)
    @given(values(input_shape(operation)))
    def check(request: Any) -> None:
        try:
            body = json_of(request)
        except UnicodeEncodeError:
            return
        answer = world.send(operation, body)
        assert answer.status in (200, 400, 501), answer
        assert answer.status == 200 or answer.code

    check()


BODIES = {
    "no JSON": b"{",
    "no object": b"[]",
    "a text": b'"text"',
    "null": b"null",
    "not a number": b'{"MaxResults": NaN}',
    "not UTF-8": b'{"NameContains": "\xff"}',
    "too deep": b"[" * 200_000,
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_no_request_is_refused(world: RawCalls, kind: str) -> None:
    answer = world.send("ListModels", BODIES[kind])
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize("operation", ["CreateNothing", "", "createModel"])
def test_an_operation_that_does_not_exist_is_refused(world: RawCalls, operation: str) -> None:
    answer = world.send(operation, b"{}")
    assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_an_operation_that_localcloud_lacks_is_named(world: RawCalls) -> None:
    answer = world.call("CreateHyperParameterTuningJob")
    assert (answer.status, answer.code) == (501, "NotInLocalcloud")
