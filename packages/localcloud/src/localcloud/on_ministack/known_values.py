"""Values of a template that are known before any resource is created."""

import copy
from typing import Any

from localcloud.cloudformation.schema_validation import UNKNOWN

# Functions whose results depend on other resources, stacks or macros.
LATE_FUNCTIONS = ("Fn::ImportValue", "Fn::GetAtt", "Fn::Transform")


class Resolver:
    """Resolver for the values that are known before a resource is created. The others become UNKNOWN."""

    def __init__(
        self, resources: Any, parameters: Any, conditions: Any, mappings: Any, stack_name: str, stack_id: str
    ) -> None:
        self._resources, self._conditions = resources, conditions
        self._values = (parameters, conditions, mappings, stack_name, stack_id)

    def is_made(self, resource: Any) -> bool:
        """Return True unless a condition excludes the resource."""
        name = resource.get("Condition")
        return not name or bool(self._conditions.get(name, True))

    def resolve(self, value: Any) -> Any:
        """Return a value with its functions resolved."""
        if isinstance(value, str):
            return UNKNOWN if _is_dynamic(value) else value
        if isinstance(value, list):
            return [member for member in map(self.resolve, value) if not is_no_value(member)]
        if not isinstance(value, dict):
            return value
        name = next(iter(value)) if len(value) == 1 else ""
        if name == "Fn::If":
            condition, chosen, otherwise = value[name]
            return self.resolve(chosen if self._conditions.get(condition) else otherwise)
        if name in ("Ref", "Condition") or name.startswith("Fn::"):
            return self._call(value)
        resolved = {key: self.resolve(member) for key, member in value.items()}
        return {key: member for key, member in resolved.items() if not is_no_value(member)}

    def _call(self, value: Any) -> Any:
        from ministack.services.cloudformation import engine

        names = {name for name, _ in engine._intrinsic_references(value)}
        if names & set(self._resources) or _has_function(value, LATE_FUNCTIONS):
            return UNKNOWN
        try:
            found = engine._resolve_refs(copy.deepcopy(value), {}, *self._values)
        except Exception:  # CloudFormation reports it when it creates the resource
            return UNKNOWN
        return UNKNOWN if _is_dynamic(found) else found


def _is_dynamic(value: Any) -> bool:
    """Return True for a dynamic reference (secret or parameter), resolved when a resource is created."""
    from ministack.services.cloudformation import engine

    found: set[str] = set()
    engine._find_dynamic_references(value, found)
    return bool(found)


def is_no_value(value: Any) -> bool:
    """Return True for the value of AWS::NoValue."""
    from ministack.services.cloudformation import engine

    return value is engine._NO_VALUE


def _has_function(node: Any, names: tuple[str, ...]) -> bool:
    if isinstance(node, dict):
        return any(name in node for name in names) or any(_has_function(member, names) for member in node.values())
    return isinstance(node, list) and any(_has_function(member, names) for member in node)
