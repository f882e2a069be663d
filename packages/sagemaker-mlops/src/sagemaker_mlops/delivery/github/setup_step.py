"""Steps of `mlops github setup` and their results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.delivery.github.client import GitHubError

NOT_IN_PLAN = (403, 404, 422)
Outcome = Literal["there", "would be made", "made", "refused", "held back"]


class NotPossible(Exception):
    """Error of a step that cannot be done; the message states what was expected and found, and the next step."""


@dataclass(frozen=True)
class Step:
    """A setting on GitHub, with functions to check and to apply it.

    Attributes:
        is_required: Skip the steps with `needs_required` if this one is refused.
        needs_required: Secret or variable that gives workflows access, so it needs all required steps.
    """

    name: str
    is_done: Callable[[], bool]
    do: Callable[[], object]
    without: str = ""  # advice if GitHub refuses the step
    after: str = ""  # advice after the step was applied
    is_required: bool = False
    needs_required: bool = False


@dataclass(frozen=True)
class Result:
    """Result of a step."""

    name: str
    outcome: Outcome
    advice: str = ""

    @property
    def is_missing(self) -> bool:
        """True if the step was to be applied but was refused or held back."""
        return self.outcome in ("refused", "held back")

    def __str__(self) -> str:
        return f"{self.outcome:<14} {self.name}{f'. {self.advice}' if self.advice else ''}"


def set_up(steps: Sequence[Step], *, apply: bool) -> Iterator[Result]:
    """Check every step, apply those that are missing if `apply` is set, and yield the results.

    Secrets and the connection to AWS are held back after a required step was refused: without the rules of an
    environment, any workflow on any branch could use them.
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
