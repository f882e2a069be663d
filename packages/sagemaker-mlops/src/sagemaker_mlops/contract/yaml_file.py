"""YAML reader that keeps line numbers, so that each error can be reported with its line and key path."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]
# The parser in C is faster; packages of rare platforms come without it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """Content of a YAML file, and the line number of every key path."""

    path: Path
    content: Any
    lines: dict[KeyPath, int]

    def line_of(self, key_path: KeyPath) -> int:
        """Return the line number of a key, or of its nearest parent that is in the file."""
        while key_path and key_path not in self.lines:
            key_path = key_path[:-1]
        return self.lines.get(key_path, 1)


def read_yaml(path: Path, error_type: type[ValueError]) -> YamlFile:
    """Read a YAML file whose root is a mapping.

    Args:
        path: the file.
        error_type: class of the exception to raise.

    Raises:
        ValueError: an instance of `error_type`, if the file is missing, is not YAML, is empty, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=LOADER)
        content = None if root is None else yaml.constructor.SafeConstructor().construct_document(root)
    except FileNotFoundError:
        raise error_type(f"{path}: expected a file, found none. Restore it from git.") from None
    except OSError:
        raise error_type(f"{path}: expected a file, found something else.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise error_type(f"{path.name}: expected YAML. {_yaml_fault(error)}") from None
    if root is None or not isinstance(content, dict):
        raise error_type(f"{path.name}: expected keys and values, found none. Restore it from git.")
    lines: dict[KeyPath, int] = {}
    repeated = list(_walk(root, (), lines))
    if repeated:
        raise error_type("\n".join(f"{path.name}:{line}: {name} is there twice; keep one" for name, line in repeated))
    return YamlFile(path, content, lines)


def _yaml_fault(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a value or a character cannot be read"
    return f"Line {mark.line + 1}: {problem}" if mark else str(problem)


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> list[tuple[str, int]]:
    """Record the line of every key below a node in `lines`, and return each repeated key with its line."""
    lines.setdefault(path, node.start_mark.line + 1)
    repeated: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, key.value)
            if child in lines:
                repeated.append((show_path(child), key.start_mark.line + 1))
            lines[child] = key.start_mark.line + 1
            repeated += _walk(value, child, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            repeated += _walk(value, (*path, index), lines)
    return repeated


def show_path(path: Sequence[str | int]) -> str:
    """Format a key path, such as `features[3].minimum`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def describe_faults(source: YamlFile, error: ValidationError) -> str:
    """Return one line for each validation error: file and line, key path, message and found value."""
    return "\n".join(_describe(source, fault) for fault in error.errors())


def _describe(source: YamlFile, fault: ErrorDetails) -> str:
    path = _known_path(source, fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    found = fault["input"]
    shown = (
        f", found {found!r}" if isinstance(found, str | int | float | bool) and fault["type"] != "value_error" else ""
    )
    if fault["type"] == "extra_forbidden":
        message, shown = "unknown key; remove it or correct its spelling", ""
    if not path:
        path = _named_path(source, message)
    name = _entry_name(source.content, path)
    where = show_path(path) or "(whole file)"
    return f"{source.path.name}:{source.line_of(path)}: {where}{name}: {message}{shown}"


def _named_path(source: YamlFile, message: str) -> KeyPath:
    """Return the key path at the start of a message such as `fairness.groups names ...`, or an empty path."""
    path = tuple(message.split(" ", 1)[0].split("."))
    return path if path in source.lines else ()


def _known_path(source: YamlFile, location: Sequence[str | int]) -> KeyPath:
    """Return the key path of a pydantic location, without the union tags that are not keys of the file."""
    path: KeyPath = ()
    for index, part in enumerate(location):
        is_last = index == len(location) - 1
        if (*path, part) in source.lines or is_last:
            path = (*path, part)
    return path


def _entry_name(content: Any, path: KeyPath) -> str:
    """Return the name of the list entry that a path leads into, as ` (name)`, or an empty string.

    It identifies the entry for readers, who would otherwise have to count list entries.
    """
    for part in path:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return ""
        if isinstance(part, int) and isinstance(content, dict) and "name" in content:
            return f" ({content['name']})"
    return ""
