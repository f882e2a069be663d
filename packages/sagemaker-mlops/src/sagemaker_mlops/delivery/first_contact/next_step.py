"""Decide from facts how far a project is on the path, and what to do next. Reads nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sagemaker_mlops.delivery.first_contact.facts import Fact, Facts
from sagemaker_mlops.delivery.first_contact.steps import PATH, PathStep, command_of, step

CONNECT = step("connect")
FINISHED = "next: nothing; every step is done"


@dataclass(frozen=True)
class Progress:
    """One step of the path, for one environment where it is done for each."""

    step: PathStep
    environment: str
    fact: Fact
    command: str

    def __str__(self) -> str:
        place = f" of {self.environment}" if self.environment else ""
        return f"{self.fact.state:<11} step {self.step.number:>2}, {self.step.name}{place}: {self.fact.text}"


def progress(facts: Facts) -> list[Progress]:
    """Return every step with what was seen of it, in the order of the path."""
    return [found for path_step in PATH for found in _of_step(path_step, facts)]


def _of_step(path_step: PathStep, facts: Facts) -> Iterator[Progress]:
    if not path_step.is_for_each:
        fact = facts.repository.get(path_step.name)
        if fact is not None:
            yield Progress(path_step, "", fact, command_of(path_step, facts.project, ""))
        return
    for seen in facts.environments:
        fact = seen.facts.get(path_step.name)
        if fact is not None:
            command = command_of(path_step, facts.project, seen.name, seen.profile)
            yield Progress(path_step, seen.name, fact, command)


def next_line(found: Sequence[Progress]) -> str:
    """Return the line that names the next step.

    It is the first that is missing. What cannot be seen may be done, so it stops nobody, with two exceptions: nothing
    is done on GitHub while the repository cannot be seen, and connecting needs everything before it.
    """
    unseen = next((one for one in found if one.fact.state == "cannot see"), None)
    missing = next((one for one in found if one.fact.state == "missing"), None)
    if missing is not None and not _must_see(unseen, missing):
        return f"next: step {missing.step.number}, {missing.command}"
    if unseen is not None:
        return f"next: step {unseen.step.number}, which cannot be seen: {unseen.fact.text}"
    return FINISHED


def _must_see(unseen: Progress | None, missing: Progress) -> bool:
    """Return whether a step that cannot be seen has to be looked at before the missing one is done."""
    if unseen is None or unseen.step.number >= missing.step.number:
        return False
    is_on_github = unseen.step.name == "repository" and not missing.step.is_for_each
    return is_on_github or missing.step.number >= CONNECT.number
