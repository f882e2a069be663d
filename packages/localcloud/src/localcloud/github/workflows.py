"""Triggers, inputs and concurrency groups of workflow files. No I/O.

Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    """A workflow file."""

    name: str
    content: Mapping[Any, Any]

    @property
    def triggers(self) -> Mapping[str, Any]:
        """Triggers by event. YAML reads the key `on` as a boolean."""
        found = self.content.get("on", self.content.get(True, {}))
        if isinstance(found, str):
            return {found: None}
        if isinstance(found, list):
            return dict.fromkeys(found)
        return found or {}

    def starts_on_push(self, branch: str, changed: Sequence[str]) -> bool:
        """Return True if a push of changed files to a branch starts the workflow."""
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
        """True if all runs of the concurrency group are queued, and a new run cancels none (`queue: max`).

        Source: the page "Control workflow concurrency" below
        https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run
        """
        group = self.content.get("concurrency")
        return isinstance(group, dict) and group.get("queue") == "max"

    def starts_on_pull_request(self) -> bool:
        """Return True if a pull request starts the workflow."""
        return "pull_request" in self.triggers

    def inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the inputs of a dispatch, with the defaults of inputs that are not given.

        Raises:
            Refused: with 422 if an input is missing, unknown or not one of its options.
        """
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
        """Return the concurrency groups of the workflow, of its jobs, and of the workflows that it calls."""
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


@lru_cache(maxsize=64)
def parse(text: str) -> Mapping[Any, Any]:
    """Return the content of a workflow file, which callers must not change.

    Raises:
        Refused: with 422 if the text is not a YAML mapping.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Refused(422, f"the workflow is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise Refused(422, "the workflow is no mapping")
    return content


def without_queue(text: str) -> str:
    """Return the text of a workflow without `queue` in its concurrency groups.

    The text is not parsed: scripts are assumed not to contain such a line.
    """
    return INLINE_QUEUE.sub("", QUEUE.sub("", text))


def fill_in(text: str, context: Mapping[str, str]) -> str:
    """Replace each `${{ name }}` with its value in `context`. Unknown names are left as they are."""
    return EXPRESSION.sub(lambda found: context.get(found.group(1), found.group(0)), text)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern.replace("**", "*")) for pattern in patterns)
