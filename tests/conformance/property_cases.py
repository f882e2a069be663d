"""Make a wrong value for each property of a resource type's schema, and say how CloudFormation refuses it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
# A value that nobody knows before the resources are made: it passes every check of a template.
LATER = {"Fn::GetAtt": ["Base", "Arn"]}
DEEPEST, LONGEST = 4, 2000
WRONG_TEXTS = ("\u0007", "!", " ", "<>", "_", "x y", "-")
JAVA_CLASS = re.compile(r"\\p\{\w+\}")  # Java's classes of characters
UNKNOWN_NAMES = ("Colour", "1 !")
OBJECT, ARRAY, SCALARS = "object", "array", ("string", "integer", "number", "boolean")
HIDDEN = "failed validation constraint for keyword [{}]"


@dataclass(frozen=True)
class Case:
    """Properties with one fault, where it is, and the reason that CloudFormation gives."""

    name: str
    properties: Any
    path: str
    reason: str


def cases_of(schema: Schema) -> Iterator[Case]:
    """Yield every case of a type: of its properties, and of theirs, four levels deep."""
    return _Generator(schema).cases()


def valid_resource(schema: Schema) -> Schema:
    """Return the properties that the type requires, with values that are known later."""
    choices = [part["required"] for part in schema.get("anyOf", ()) if "required" in part]
    return dict.fromkeys((*schema.get("required", ()), *next(iter(choices), ())), LATER)


class _Generator:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._read_only = {path.removeprefix("/properties/") for path in root.get("readOnlyProperties", ())}

    def cases(self) -> Iterator[Case]:
        yield from self._object_cases(self._root, "", ())

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            target: Any = self._root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema

    def _object_cases(self, schema: Schema, path: str, seen: tuple[int, ...]) -> Iterator[Case]:
        needed = valid_resource(schema)
        patterns = schema.get("patternProperties", {})
        unknown = [name for name in UNKNOWN_NAMES if not any(re.search(pattern, name) for pattern in patterns)]
        if schema.get("additionalProperties") is False and unknown:
            reason = f"extraneous key [{unknown[0]}] is not permitted"
            yield Case(f"{path} unknown", {**needed, unknown[0]: "red"}, path, reason)
        for name in schema.get("required", ()):
            rest = {key: value for key, value in needed.items() if key != name}
            yield Case(f"{path}/{name} missing", rest, path, f"Required property [{name}] not found")
        for name, definition in schema.get("properties", {}).items():
            if not path and name in self._read_only:
                yield Case(f"/{name} read-only", {**needed, name: "x"}, "", f"extraneous key [{name}] is not permitted")
                continue
            for case in self._value_cases(self._resolved(definition), f"{path}/{name}", (*seen, id(schema))):
                yield Case(case.name, {**needed, name: case.properties}, case.path, case.reason)

    def _value_cases(self, schema: Schema, path: str, seen: tuple[int, ...]) -> Iterator[Case]:
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        yield from _type_cases(types, path)
        if types == [OBJECT] and len(seen) < DEEPEST and id(schema) not in seen:
            yield from self._object_cases(schema, path, seen)
        if types == [ARRAY] and isinstance(schema.get("items"), dict):
            item = self._resolved(schema["items"])
            for case in self._value_cases(item, f"{path}/0", seen):
                yield Case(case.name, [case.properties], case.path, case.reason)
            yield from _count_cases(schema, path)
        if len(types) == 1 and types[0] in SCALARS:
            yield from _scalar_cases(schema, types[0], path)


def _type_cases(types: list[str], path: str) -> Iterator[Case]:
    if not types:
        return
    wrong: Any
    wrong, found = ([1], "JSONArray") if ARRAY not in types else ({"a": 1}, "JSONObject")
    if OBJECT in types and ARRAY in types:
        wrong, found = "text", "String"
    names = {"string": "String", "integer": "Integer", "number": "Number", "boolean": "Boolean"}
    expected = {**names, "object": "JSONObject", "array": "JSONArray"}[types[0]]
    yield Case(f"{path} type", wrong, path, f"expected type: {expected}, found: {found}")
    if types in (["integer"], ["number"], ["boolean"], [OBJECT], [ARRAY]):
        yield Case(f"{path} text", "text", path, f"expected type: {expected}, found: String")


def _count_cases(schema: Schema, path: str) -> Iterator[Case]:
    if schema.get("minItems", 0) > 0:
        reason = f"expected minimum item count: {schema['minItems']}, found: 0"
        yield Case(f"{path} too few", [], path, reason)
    if schema.get("maxItems", LONGEST) < 50:
        many = schema["maxItems"] + 1
        reason = f"expected maximum item count: {schema['maxItems']}, found: {many}"
        yield Case(f"{path} too many", [LATER] * many, path, reason)


def _scalar_cases(schema: Schema, kind: str, path: str) -> Iterator[Case]:
    if "enum" in schema:
        wrong = "not-one-of-them" if kind == "string" else max(schema["enum"]) + 1
        yield Case(f"{path} enum", wrong, path, HIDDEN.format("enum"))
    if "pattern" in schema:
        pattern = JAVA_CLASS.sub("a-z", schema["pattern"])
        texts = [text for text in WRONG_TEXTS if re.search(pattern, text) is None]
        if texts:
            yield Case(f"{path} pattern", texts[0], path, HIDDEN.format("pattern"))
    if kind == "string" and schema.get("maxLength", LONGEST) < LONGEST and "enum" not in schema:
        length = schema["maxLength"] + 1
        reason = f"expected maxLength: {schema['maxLength']}, actual: {length}"
        yield Case(f"{path} too long", "x" * length, path, reason)
    if kind in ("integer", "number"):
        for keyword, step in (("minimum", -1), ("maximum", 1)):
            if keyword in schema:
                yield Case(f"{path} {keyword}", schema[keyword] + step, path, HIDDEN.format(keyword))
