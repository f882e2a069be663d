"""Compare what a service answers with what is recorded of the real one, or else with what is documented."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.beliefs import Belief, without_account

RECORDED = Path(__file__).with_name("recorded")


@dataclass(frozen=True)
class Matching:
    """A documented text that is known only in part: equal to every text in which the expression is found."""

    expression: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.search(self.expression, other) is not None

    def __hash__(self) -> int:
        return hash(self.expression)


def recorded_file(belief: Belief, directory: Path = RECORDED) -> Path:
    """Return the file that holds what the real service answered to a belief's calls."""
    return directory / f"{belief.identifier}.json"


def recorded_answers(belief: Belief, directory: Path = RECORDED) -> dict[str, Any]:
    """Return the recorded answers by name; empty if the real service was never asked."""
    path = recorded_file(belief, directory)
    answers: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["answers"] if path.exists() else {}
    return answers


@dataclass
class Observe:
    """Judge the answers of one test. While recording, an answer is kept and not judged."""

    belief: Belief
    replaced: Mapping[str, str]
    recording: bool
    directory: Path
    answers: dict[str, Any] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    def __call__(self, name: str, found: Any, *, documented: Any) -> None:
        """Judge one answer.

        Args:
            name: what of the answer it is, unique in the test.
            found: what the service answered; JSON types.
            documented: what the source says; a value, or `Matching`.
        """
        found, documented = without_account(found, self.replaced), without_account(documented, self.replaced)
        if self.recording:
            self.answers[name] = found
            if documented != found:
                self.differences.append(f"{name}: documented {documented!r}, answered {found!r}")
            return
        recorded = recorded_answers(self.belief, self.directory)
        expected = recorded.get(name, documented)
        origin = "recorded" if name in recorded else "documented"
        assert expected == found, f"{name}: {origin} {expected!r}, found {found!r} ({self.belief.source})"

    def save(self) -> None:
        """Write what was recorded; nothing if no answer came."""
        if not self.answers:
            return
        path = recorded_file(self.belief, self.directory)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "statement": self.belief.statement,
            "recorded": time.strftime("%Y-%m-%d", time.gmtime()),
            "answers": self.answers,
            "differences": self.differences,
        }
        path.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")
