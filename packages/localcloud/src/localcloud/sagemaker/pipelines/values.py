"""Values of a definition's functions during an execution: Get, Std:Join and Std:JsonGet."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PATH_PART = re.compile(r"\.?([A-Za-z0-9_\-]+)|\['([^']+)'\]|\[(\d+)\]")


class Unresolvable(Exception):
    """Reference that cannot be resolved. The message names it."""


def dig(value: Any, path: str) -> Any:
    """Return the value at a path such as `Outputs['train'].S3Uri` or `metrics.auc[0]`.

    Raises:
        Unresolvable: if there is no value at the path.
    """
    for match in PATH_PART.finditer(path.removeprefix("$")):
        name, quoted, index = match.groups()
        try:
            value = value[int(index)] if index is not None else value[name or quoted]
        except (KeyError, IndexError, TypeError):
            raise Unresolvable(f"nothing at {path}") from None
    return value


@dataclass(frozen=True)
class Values:
    """Values to which the functions of an execution refer."""

    parameters: dict[str, Any]
    execution: dict[str, str]
    step_properties: Callable[[str], Any]
    property_file: Callable[[str, str], str]

    def resolve(self, value: Any) -> Any:
        """Replace every function in a JSON value, and drop null members as the service does."""
        if isinstance(value, dict):
            if len(value) == 1:
                (key, argument), *_ = value.items()
                functions: dict[str, Callable[[Any], Any]] = {
                    "Get": self._get,
                    "Std:Join": self._join,
                    "Std:JsonGet": self._json_get,
                }
                if key in functions:
                    return functions[key](argument)
            return {key: self.resolve(member) for key, member in value.items() if member is not None}
        if isinstance(value, list):
            return [self.resolve(member) for member in value]
        return value

    def _get(self, path: str) -> Any:
        root, _, rest = path.partition(".")
        if root == "Parameters":
            return self.parameters[rest]
        if root == "Execution":
            return self.execution[rest]
        step, _, property_path = rest.partition(".")
        return dig(self.step_properties(step), property_path)

    def _join(self, argument: dict[str, Any]) -> str:
        return str(argument.get("On", "")).join(str(self.resolve(part)) for part in argument["Values"])

    def _json_get(self, argument: dict[str, Any]) -> Any:
        _, step, _, name = argument["PropertyFile"]["Get"].split(".")
        return dig(json.loads(self.property_file(step, name)), argument["Path"])


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: bool(left == right),
    "GreaterThan": lambda left, right: bool(left > right),
    "GreaterThanOrEqualTo": lambda left, right: bool(left >= right),
    "LessThan": lambda left, right: bool(left < right),
    "LessThanOrEqualTo": lambda left, right: bool(left <= right),
}


def holds(condition: dict[str, Any], values: Values) -> bool:
    """Return True if a condition of a Condition step holds.

    Raises:
        Unresolvable: if the type of the condition is unknown, or a reference cannot be resolved.
    """
    kind = condition["Type"]
    if kind in COMPARISONS:
        return COMPARISONS[kind](values.resolve(condition["LeftValue"]), values.resolve(condition["RightValue"]))
    if kind == "In":
        return values.resolve(condition["QueryValue"]) in values.resolve(condition["Values"])
    if kind == "Not":
        return not holds(condition["Expression"], values)
    if kind == "Or":
        return any(holds(member, values) for member in condition["Conditions"])
    raise Unresolvable(f"unknown condition {kind}")
