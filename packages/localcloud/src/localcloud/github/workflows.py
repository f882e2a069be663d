"""Which workflows an event starts, and which of them must not run at the same time. Pure: it reads texts.

Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from localcloud.github.answers import Refused

EXPRESSION = re.compile(r"\$\{\{\s*([a-z_.]+)\s*\}\}")
LOCAL = "./.github/workflows/"
QUEUE = re.compile(r"^[ ]+queue: (single|max)[ ]*(#.*)?\n", re.MULTILINE)
INLINE_QUEUE = re.compile(r",\s*queue: (single|max)(?=\s*[,}])")
Read = Callable[[str], str | None]


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    name: str
    content: Mapping[Any, Any]

    @property
    def triggers(self) -> Mapping[str, Any]:
        """Its triggers by event. YAML takes the key `on` for a truth value."""
        found = self.content.get("on", self.content.get(True, {}))
        if isinstance(found, str):
            return {found: None}
        if isinstance(found, list):
            return dict.fromkeys(found)
        return found or {}

    def starts_on_push(self, branch: str, changed: Sequence[str]) -> bool:
        """Whether a push of some files to a branch starts it."""
        if "push" not in self.triggers:
            return False
        rule = self.triggers["push"] or {}
        if "branches" in rule and not _matches(branch, rule["branches"]):
            return False
        if "paths" in rule:
            return any(_matches(path, rule["paths"]) for path in changed)
        if "paths-ignore" in rule:
            return any(not _matches(path, rule["paths-ignore"]) for path in changed)
        return True

    @property
    def queues_all(self) -> bool:
        """Return whether every run waits in the workflow's concurrency group, and none displaces another.

        Source: https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
        """
        group = self.content.get("concurrency")
        return isinstance(group, dict) and group.get("queue") == "max"

    def starts_on_pull_request(self) -> bool:
        """Whether a pull request starts it."""
        return "pull_request" in self.triggers

    def inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        """Inputs of a dispatch, defaults included; raises Refused for one that is missing, unknown or no choice."""
        if "workflow_dispatch" not in self.triggers:
            raise Refused(422, f"Workflow {self.name} does not have 'workflow_dispatch' trigger")
        known = (self.triggers["workflow_dispatch"] or {}).get("inputs") or {}
        unknown = sorted(given.keys() - known.keys())
        if unknown:
            raise Refused(422, f"Unexpected inputs provided: {unknown}")
        values = {}
        for name, rule in known.items():
            value = given.get(name, rule.get("default", ""))
            if rule.get("required") and value in ("", None):
                raise Refused(422, f"Required input '{name}' not provided")
            if rule.get("type") == "choice" and value not in rule["options"]:
                raise Refused(422, f"Provided value '{value}' for input '{name}' not in the list of allowed values")
            values[name] = str(value)
        return values

    def locks(self, read: Read, context: Mapping[str, str]) -> set[str]:
        """Concurrency groups of the workflow and of its jobs, those of workflows that it calls included."""
        return set(self._groups(read, context))

    def _groups(self, read: Read, context: Mapping[str, str]) -> Iterator[str]:
        jobs = self.content.get("jobs") or {}
        for owner in (self.content, *jobs.values()):
            group = owner.get("concurrency")
            group = group.get("group") if isinstance(group, dict) else group
            if group:
                yield fill_in(str(group), context)
        for job in jobs.values():
            called = str(job.get("uses", ""))
            text = read(called.removeprefix("./")) if called.startswith(LOCAL) else None
            if text:
                yield from Workflow(called, parse(text))._groups(read, context)


def parse(text: str) -> Mapping[Any, Any]:
    """The content of a workflow file; raises Refused for anything that is no mapping."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Refused(422, f"the workflow is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise Refused(422, "the workflow is no mapping")
    return content


def without_queue(text: str) -> str:
    """Return the text of a workflow without `queue` in its concurrency groups; lines of scripts are never only that."""
    return INLINE_QUEUE.sub("", QUEUE.sub("", text))


def fill_in(text: str, context: Mapping[str, str]) -> str:
    """Put known values in the place of `${{ name }}`; what is not known stays."""
    return EXPRESSION.sub(lambda found: context.get(found.group(1), found.group(0)), text)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern.replace("**", "*")) for pattern in patterns)
