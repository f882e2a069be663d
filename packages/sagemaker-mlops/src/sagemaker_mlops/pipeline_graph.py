"""A compiled definition as a graph: its steps, their branches, and which step waits for which."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]
BRANCHES = ("IfSteps", "ElseSteps")


@dataclass(frozen=True)
class Node:
    """One step with the condition step in whose branch it is, if any."""

    step: Step
    condition: str | None

    @property
    def name(self) -> str:
        """The step's name."""
        return str(self.step["Name"])

    @property
    def type(self) -> str:
        """The step's type."""
        return str(self.step["Type"])


def nodes_of(definition: dict[str, Any]) -> list[Node]:
    """Every step, those in branches after their condition."""
    return list(_nodes(definition["Steps"], None))


def _nodes(steps: list[Step], condition: str | None) -> Iterator[Node]:
    for step in steps:
        yield Node(step, condition)
        if step["Type"] == "Condition":
            for branch in BRANCHES:
                yield from _nodes(step["Arguments"].get(branch, []), step["Name"])


def references(value: Any) -> Iterator[str]:
    """Every `Get` path in a JSON value, without those in the branches of a condition."""
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
    """Names of the steps that must end before a step begins."""
    referred = {path.split(".")[1] for path in references(node.step) if path.startswith("Steps.")}
    explicit = {str(name) for name in node.step.get("DependsOn", [])}
    return (referred | explicit | ({node.condition} if node.condition else set())) - {node.name}


def columns_of(definition: dict[str, Any]) -> list[list[str]]:
    """Step names in columns for drawing: a step stands right of everything that it waits for."""
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
