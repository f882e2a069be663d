"""Questions that a draft asks, one at a time, with a suggestion for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sagemaker_mlops.delivery.errors import DeliveryError

ADD = "mlops data prepare FILES"
Prompt = Callable[[str, str], str]


class Asker(Protocol):
    """What answers the questions of a draft."""

    def choose(self, question: str, candidates: Sequence[str], option: str) -> str:
        """Return one of the candidates."""
        ...

    def number(self, question: str, suggestion: int) -> int:
        """Return a whole number, 0 or more."""
        ...


@dataclass
class Person:
    """Somebody at a terminal: `prompt` shows a question with a suggestion and returns the answer."""

    prompt: Prompt
    tell: Callable[[str], None]

    def choose(self, question: str, candidates: Sequence[str], option: str) -> str:
        """Ask until the answer is one of the candidates. Without candidates there is nothing to choose from."""
        first = _first(question, candidates, option)
        while True:
            answer = self.prompt(f"{question} ({', '.join(candidates)})", first)
            if answer in candidates:
                return answer
            self.tell(f"expected one of {', '.join(candidates)}; found {answer}")

    def number(self, question: str, suggestion: int) -> int:
        """Ask until the answer is a whole number."""
        while True:
            answer = self.prompt(question, str(suggestion))
            if answer.isdecimal():
                return int(answer)
            self.tell(f"expected a whole number, 0 or more; found {answer}")


@dataclass
class Suggestions:
    """Takes every suggestion, and keeps a list of what was taken."""

    taken: list[str] = field(default_factory=list)

    def choose(self, question: str, candidates: Sequence[str], option: str) -> str:
        """Take the first candidate."""
        first = _first(question, candidates, option)
        self.taken.append(f"{question.rstrip('?')}: {first}")
        return first

    def number(self, question: str, suggestion: int) -> int:
        """Take the suggested number."""
        self.taken.append(f"{question.rstrip('?')}: {suggestion}")
        return suggestion


def _first(question: str, candidates: Sequence[str], option: str) -> str:
    if not candidates:
        raise DeliveryError(f"{question} No column can be it; name one with {option}, or add one: {ADD}")
    return candidates[0]
