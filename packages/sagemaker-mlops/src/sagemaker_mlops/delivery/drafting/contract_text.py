"""A contract as the text of its file, in the order and the form of the sample's."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

HEAD = """\
# yaml-language-server: $schema=./contract.schema.json
#
# The model's promise to the business. Data validation, the quality gates and the request validation at the
# endpoint read this file. `mlops contract check` checks and prints it; `mlops image build` carries it into the next
# training. Drafted from data by `mlops contract draft`: ranges and floors are suggestions, and yours to decide.
"""
LISTS = ("registration", "live", "limits")


def contract_text(content: Mapping[str, Any]) -> str:
    """Return the text of a contract file, with one line for each feature and each limit."""
    parts = [HEAD + _scalars({key: content[key] for key in ("version", "name", "owner")})]
    parts += [_section(key, content[key]) for key in content if key not in ("version", "name", "owner")]
    return "\n".join(parts)


def _section(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{name}:\n" + "".join(_entry(key, one) for key, one in value.items())
    return f"{name}:\n" + _lines(value, "  ")


def _entry(key: str, value: Any) -> str:
    if key in LISTS and value:
        return f"  {key}:\n" + _lines(value, "    ")
    return f"  {key}: {_flow(value)}\n"


def _lines(values: Sequence[Any], indent: str) -> str:
    return "".join(f"{indent}- {_flow(value)}\n" for value in values)


def _scalars(values: Mapping[str, Any]) -> str:
    return "".join(f"{key}: {_flow(value)}\n" for key, value in values.items())


def _flow(value: Any) -> str:
    """Return a value in YAML's flow style on one line."""
    text = yaml.safe_dump([value], default_flow_style=True, width=float("inf"), sort_keys=False, allow_unicode=True)
    return text.strip().removeprefix("[").removesuffix("]")
