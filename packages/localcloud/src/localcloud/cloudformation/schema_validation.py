"""Validation of properties against the schema of a resource type, with CloudFormation's messages.

CloudFormation validates with the everit library and hides values in its messages: a keyword that is not "safe" gives
`failed validation constraint for keyword [pattern]`. Sources:
https://github.com/aws-cloudformation/cloudformation-resource-schema (ValidationException.SAFE_KEYWORDS), and
https://github.com/everit-org/json-schema (the messages of the safe keywords).
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from localcloud.cloudformation.schema_scalars import SCALAR_CHECKS, Fault, matches, type_fault

Definition = dict[str, Any]


class _Unknown:
    """Placeholder for a value that is not known before a resource is created. It passes every check."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _memo: object) -> "_Unknown":
        return self


UNKNOWN = _Unknown()


def find_faults(properties: Any, definition: Definition) -> list[Fault]:
    """Return the faults of a resource's properties according to the schema of its type."""
    return list(_Validator(definition).faults(properties, definition, "#"))


def contains_unknown(value: Any) -> bool:
    """Return True if any part of a value is UNKNOWN."""
    if isinstance(value, dict):
        return any(contains_unknown(member) for member in value.values())
    if isinstance(value, list):
        return any(contains_unknown(member) for member in value)
    return value is UNKNOWN


class _Validator:
    """Recursive comparison of a value with a schema."""

    def __init__(self, root: Definition) -> None:
        self._root = root

    def faults(self, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
        """Yield the faults of a value. `pointer` is its location, such as `#/Tags/0`."""
        if value is UNKNOWN:
            return
        schema = self._resolved(schema)
        wrong = type_fault(value, schema.get("type"), pointer)
        if wrong:
            yield wrong
            return
        for keyword, check in CHECKS.items():
            if keyword in schema:
                yield from check(self, value, schema, pointer)
        for keyword, scalar_check in SCALAR_CHECKS.items():
            if keyword in schema:
                yield from scalar_check(value, schema, pointer)

    def _resolved(self, schema: Definition) -> Definition:
        while "$ref" in schema:
            target: Any = self._root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        return schema

    def passes(self, value: Any, schema: Definition) -> bool:
        """Return True if a value has no fault."""
        return next(self.faults(value, schema, "#"), None) is None


def _properties(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name in schema["properties"]:
                yield from validator.faults(member, schema["properties"][name], f"{pointer}/{name}")


def _pattern_properties(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, member in value.items():
            for pattern, definition in schema["patternProperties"].items():
                if matches(pattern, name):
                    yield from validator.faults(member, definition, f"{pointer}/{name}")


def _additional_properties(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in value if isinstance(value, dict) else ():
        if name in known or any(matches(pattern, name) for pattern in patterns):
            continue
        if schema["additionalProperties"] is False:
            yield Fault(pointer, "additionalProperties", f"extraneous key [{name}] is not permitted")
        elif isinstance(schema["additionalProperties"], dict):
            yield from validator.faults(value[name], schema["additionalProperties"], f"{pointer}/{name}")


def _required(_validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    for name in schema["required"] if isinstance(value, dict) else ():
        if name not in value:
            yield Fault(pointer, "required", f"required key [{name}] not found")


def _dependent_required(_validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    for name, needed in schema["dependentRequired"].items() if isinstance(value, dict) else ():
        for other in needed:
            if name in value and other not in value:
                yield Fault(pointer, "dependencies", f"property [{other}] is required")


def _items(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if isinstance(value, list):
        # cfn-lint adds prefixItems. The schema in the CloudFormation registry has only `items`, which apply to every
        # member.
        for position, member in enumerate(value):
            yield from validator.faults(member, schema["items"], f"{pointer}/{position}")


def _prefix_items(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if isinstance(value, list):
        for position, (member, definition) in enumerate(zip(value, schema["prefixItems"], strict=False)):
            yield from validator.faults(member, definition, f"{pointer}/{position}")


def _min_items(_validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if isinstance(value, list) and len(value) < schema["minItems"]:
        yield Fault(pointer, "minItems", f"expected minimum item count: {schema['minItems']}, found: {len(value)}")


def _max_items(_validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if isinstance(value, list) and len(value) > schema["maxItems"]:
        yield Fault(pointer, "maxItems", f"expected maximum item count: {schema['maxItems']}, found: {len(value)}")


def _unique_items(_validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if not schema["uniqueItems"] or not isinstance(value, list) or contains_unknown(value):
        return
    if len({json.dumps(member, sort_keys=True, default=str) for member in value}) < len(value):
        yield Fault(pointer, "uniqueItems", "array items are not unique")


def _all_of(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    for part in schema["allOf"]:
        yield from validator.faults(value, part, pointer)


def _any_of(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    if not any(validator.passes(value, part) for part in schema["anyOf"]):
        count = len(schema["anyOf"])
        yield Fault(pointer, "anyOf", f"#: no subschema matched out of the total {count} subschemas")


def _one_of(validator: _Validator, value: Any, schema: Definition, pointer: str) -> Iterator[Fault]:
    matching = sum(validator.passes(value, part) for part in schema["oneOf"])
    if matching == 0 or (matching > 1 and not contains_unknown(value)):
        yield Fault(pointer, "oneOf", f"#: {matching} subschemas matched instead of one")


Check = Callable[[_Validator, Any, Definition, str], Iterator[Fault]]
CHECKS: dict[str, Check] = {
    "required": _required,
    "dependentRequired": _dependent_required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "items": _items,
    "prefixItems": _prefix_items,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
}
