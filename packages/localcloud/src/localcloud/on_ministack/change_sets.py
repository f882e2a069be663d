"""Change sets that include the effects of conditions, outputs and attributes of other resources.

ministack compares the texts of the templates with parameters filled in, and would find no change in these cases.
"""

import copy
from collections.abc import Callable
from typing import Any


class _Attributes:
    """Attributes of a resource that does not exist yet. Each has a distinct placeholder as its value."""

    def __init__(self, logical_id: str) -> None:
        self._logical_id = logical_id

    def __contains__(self, _name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> str:
        return f"${{{self._logical_id}.{name}}}"


class _OutputsOnly(list[Any]):
    """Empty list of resource changes that counts as true, so that the change set can be executed."""

    def __bool__(self) -> bool:
        return True


def install_change_sets() -> None:
    """Replace ministack's comparison of templates."""
    from ministack.services.cloudformation import changesets, stacks

    compare = stacks._diff_resources

    def diff_resources(old: dict[str, Any], new: dict[str, Any], *arguments: Any, **options: Any) -> list[Any]:
        changes: list[Any] = compare(old, new, *arguments, **options)
        return changes if changes or old.get("Outputs", {}) == new.get("Outputs", {}) else _OutputsOnly()

    changesets._resolve_props_for_diff = _resolved
    changesets._diff_resources = diff_resources
    _refuse_while_changing()


def _refuse_while_changing() -> None:
    """Reject a change of a stack while another one is in progress. ministack would run both at once."""
    from ministack.services.cloudformation import _stacks, handlers, helpers

    def alone(handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def handler(params: Any) -> Any:
            name = helpers._p(params, "StackName")
            stack = _stacks.get(name.split("/")[1] if name.startswith("arn:") else name)
            status = stack["StackStatus"] if stack else ""
            if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
                message = f"Stack:{name} is in {status} state and can not be updated."
                return helpers._error("ValidationError", message)
            return handle(params)

        return handler

    for action in ("CreateChangeSet", "ExecuteChangeSet"):
        handlers._ACTION_HANDLERS[action] = alone(handlers._ACTION_HANDLERS[action])


def _resolved(template: dict[str, Any], parameters: Any, stack_name: str, stack_id: str) -> dict[str, Any]:
    from ministack.services.cloudformation import engine

    if not template:
        return {}
    conditions = engine._evaluate_conditions(template, parameters)
    resources, mappings = template.get("Resources", {}), template.get("Mappings", {})
    known = {logical_id: {"Attributes": _Attributes(logical_id)} for logical_id in resources}

    def exists(part: dict[str, Any]) -> bool:
        return not part.get("Condition") or bool(conditions.get(part["Condition"], True))

    def resolve(value: Any) -> Any:
        try:
            return engine._resolve_refs(
                copy.deepcopy(value), known, parameters, conditions, mappings, stack_name, stack_id
            )
        except Exception:  # a value that cannot be resolved yet is compared as it is written
            return value

    return {
        "Resources": {
            logical_id: {**resource, "Properties": resolve(resource.get("Properties", {}))}
            for logical_id, resource in resources.items()
            if exists(resource)
        },
        "Outputs": {
            name: [resolve(output.get("Value")), resolve((output.get("Export") or {}).get("Name"))]
            for name, output in (template.get("Outputs") or {}).items()
            if exists(output)
        },
    }
