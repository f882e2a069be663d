"""A compiled pipeline definition as a graph of steps, branches and dependencies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
BRANCHES = ("IfSteps", "ElseSteps")


@dataclass(frozen=True)
class Node:
    """A step, and the name of the condition step whose branch contains it (None outside of branches)."""

    step: Step
    condition: str | None

    @property
    def name(self) -> str:
        """Name of the step."""
        return str(self.step["Name"])

    @property
    def type(self) -> str:
        """Type of the step, such as Processing or Condition."""
        return str(self.step["Type"])


def nodes_of(definition: dict[str, Any]) -> list[Node]:
    """Return every step of a pipeline definition; steps in a branch follow their condition step."""
    return list(_nodes(definition["Steps"], None))


def _nodes(steps: list[Step], condition: str | None) -> Iterator[Node]:
    for step in steps:
        yield Node(step, condition)
        if step["Type"] == "Condition":
            for branch in BRANCHES:
                yield from _nodes(step["Arguments"].get(branch, []), step["Name"])


def references(value: Any) -> Iterator[str]:
    """Yield every `Get` path in a JSON value, except those in the branches of a condition step."""
    if isinstance(value, list):
        for member in value:
            yield from references(member)
    elif isinstance(value, dict):
        if isinstance(value.get("Get"), str):
            yield value["Get"]
        for key, member in value.items():
            if key not in BRANCHES:
                yield from references(member)


def waits_for(node: Node) -> set[str]:
    """Return the names of the steps that must finish before a step starts.

    These are the steps whose properties it references, its `DependsOn`, and its condition step.
    """
    referred = {path.split(".")[1] for path in references(node.step) if path.startswith("Steps.")}
    explicit = {str(name) for name in node.step.get("DependsOn", [])}
    return (referred | explicit | ({node.condition} if node.condition else set())) - {node.name}


def columns_of(definition: dict[str, Any]) -> list[list[str]]:
    """Return step names in columns for drawing, each step to the right of the steps it depends on."""
    nodes = {node.name: node for node in nodes_of(definition)}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth(other) for other in waits_for(nodes[name]) if other in nodes), default=-1)
        return depths[name]

    columns: list[list[str]] = [[] for _ in range(1 + max(map(depth, nodes), default=-1))]
    for name in nodes:
        columns[depth(name)].append(name)
    return columns
