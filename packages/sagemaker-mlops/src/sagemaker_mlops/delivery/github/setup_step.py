"""A step of `make github-setup`: one thing on GitHub, as it should be, and what became of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.delivery.github.client import GitHubError

NOT_IN_PLAN = (403, 404, 422)
Outcome = Literal["there", "would be made", "made", "refused", "held back"]


class NotPossible(Exception):
    """A step cannot be done here; the message says what was expected, what was found and what to do."""


@dataclass(frozen=True)
class Step:
    """One thing on GitHub.

    Args:
        is_required: whether steps that let workflows reach AWS are held back where this one was refused.
        needs_required: whether this step is such a step: a secret, or the variable that connects.
    """

    name: str
    is_done: Callable[[], bool]
    do: Callable[[], object]
    without: str = ""  # what to do where GitHub refuses it
    after: str = ""  # what to do once it was made
    is_required: bool = False
    needs_required: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a step."""

    name: str
    outcome: Outcome
    advice: str = ""

    @property
    def is_missing(self) -> bool:
        """Return whether the thing is still missing, though it was asked for."""
        return self.outcome in ("refused", "held back")

    def __str__(self) -> str:
        return f"{self.outcome:<14} {self.name}{f'. {self.advice}' if self.advice else ''}"


def set_up(steps: Sequence[Step], *, apply: bool) -> Iterator[Result]:
    """Check every step and, if wanted, do what is missing.

    A secret and the connection to AWS are held back after a refusal: without the rules of an environment, any
    workflow on any branch could use them.
    """
    refused = ""
    for step in steps:
        if step.needs_required and refused:
            yield Result(step.name, "held back", f"Expected `{refused}`, which was refused. Do that first")
            continue
        result = _result(step, apply=apply)
        if step.is_required and result.is_missing:
            refused = refused or step.name
        yield result


def _result(step: Step, *, apply: bool) -> Result:
    try:
        if step.is_done():
            return Result(step.name, "there")
        if not apply:
            return Result(step.name, "would be made")
        step.do()
    except NotPossible as error:
        return Result(step.name, "refused", str(error))
    except GitHubError as error:
        if error.status not in NOT_IN_PLAN:
            raise
        return Result(step.name, "refused", f"{error}. {step.without}".rstrip(". "))
    return Result(step.name, "made", step.after)
