"""Edit of the `github:` section of an environments file that keeps comments, order and formatting."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from sagemaker_mlops.delivery.errors import DeliveryError

Value = int | str


def write_github_values(path: Path, values: Mapping[str, Value]) -> None:
    """Set keys below `github:` in a file. Raise DeliveryError if the section is missing or not in block style."""
    path.write_text(with_github_values(path.read_text(encoding="utf-8"), values, path.name), encoding="utf-8")


def with_github_values(text: str, values: Mapping[str, Value], name: str = "environments.yaml") -> str:
    """Return the text of an environments file with keys below `github:` set.

    Args:
        text: Text of the file.
        values: Values by key; new keys are added below `repository`.
        name: Name of the file for error messages.

    Raises:
        DeliveryError: The section is missing or not in block style, or it has no `repository`.
    """
    for key, value in reversed(list(values.items())):
        text = _with_value(text, key, value, name)
    return text


def _with_value(text: str, key: str, value: Value, name: str) -> str:
    written = str(value) if isinstance(value, int) else f'"{value}"'
    nodes = _github_nodes(text, name)
    present = nodes.get(key)
    if present is not None:
        _, node = present
        return text[: node.start_mark.index] + written + text[node.end_mark.index :]
    key_node, _ = nodes["repository"]
    lines = text.splitlines(keepends=True)
    after = key_node.start_mark.line + 1
    if not lines[after - 1].endswith("\n"):
        lines[after - 1] += "\n"
    return "".join([*lines[:after], f"{' ' * key_node.start_mark.column}{key}: {written}\n", *lines[after:]])


def _github_nodes(text: str, name: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return the key and value nodes below `github:`, by key."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    github = next((value for key, value in entries if key.value == "github"), None)
    if not isinstance(github, yaml.MappingNode) or github.flow_style:
        raise DeliveryError(
            f"expected `github:` with one key a line in {name}, found something else. "
            "Write owner, repository and the other keys below it, one a line"
        )
    nodes = {str(key.value): (key, value) for key, value in github.value}
    if "repository" not in nodes:
        raise DeliveryError(f"expected `repository:` below `github:` in {name}, found none. Add it")
    return nodes
