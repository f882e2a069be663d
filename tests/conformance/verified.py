"""Write docs/verified.md: what is documented, recorded or assumed. `python -m tests.conformance.verified [--check]`."""

import argparse
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.beliefs import ASSUMED, Belief, belief_of
from tests.conformance.observations import recorded_file

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "verified.md"
PREFACE = FOLDER / "verified_preface.md"


@dataclass
class _Collector:
    """A plugin of pytest that keeps the beliefs of the tests that were found."""

    found: list[Belief]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the beliefs."""
        beliefs = [belief_of(item) for item in session.items if isinstance(item, pytest.Function)]
        self.found.extend(found for found in beliefs if found is not None)


def modules_of_beliefs(about_github: bool | None = None) -> list[Path]:
    """Return the test modules that state beliefs: all, those about GitHub, or those about AWS.

    To collect the other modules takes seconds.
    """
    modules = [path for path in FOLDER.glob("test_*.py") if "@belief(" in path.read_text(encoding="utf-8")]
    return sorted(path for path in modules if about_github in (None, path.name.startswith("test_github_")))


def all_beliefs(about_github: bool | None = None) -> list[Belief]:
    """Return every belief, or those of `modules_of_beliefs`, by identifier.

    Raises RuntimeError if the tests cannot be collected.
    """
    collector = _Collector([])
    with redirect_stdout(io.StringIO()):
        code = pytest.main([*map(str, modules_of_beliefs(about_github)), "--collect-only", "-q"], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests in {FOLDER} could not be collected; run: python -m pytest {FOLDER}")
    return sorted(collector.found, key=lambda found: found.identifier)


def status_of(found: Belief) -> tuple[str, list[str]]:
    """Return how well a belief is founded, and where the recorded answers differ from the documented ones."""
    path = recorded_file(found)
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
        return f"recorded {content['recorded']}", content["differences"]
    return ("assumed" if found.source == ASSUMED else "documented"), []


def page(beliefs: Iterable[Belief]) -> str:
    """Return the page: the preface, the totals, and one table for each module of beliefs."""
    modules: dict[str, list[Belief]] = {}
    for found in beliefs:
        modules.setdefault(found.module, []).append(found)
    every = [found for group in modules.values() for found in group]
    counts = Counter(status_of(found)[0].split()[0] for found in every)
    totals = ", ".join(f"{counts[kind]} {kind}" for kind in ("documented", "recorded", "assumed"))
    parts = [PREFACE.read_text(encoding="utf-8").rstrip(), f"## Beliefs\n\n{len(every)} beliefs: {totals}."]
    parts += [_table(name, group) for name, group in modules.items()]
    return "\n\n".join(parts) + "\n"


def _table(module: str, beliefs: list[Belief]) -> str:
    rows = [f"### {module.replace('_', ' ')}", "", "| belief | source | status |", "|---|---|---|"]
    for found in beliefs:
        status, differences = status_of(found)
        source = f"[documentation]({found.source})" if found.source.startswith("https://") else found.source
        rows.append(f"| {found.statement} | {source} | {'; '.join([status, *differences])} |")
    return "\n".join(rows)


def main() -> int:
    """Write the page, or with --check compare it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not current")
    arguments = parser.parse_args()
    text = page(all_beliefs())
    if not arguments.check:
        PAGE.write_text(text, encoding="utf-8")
        print(f"written: {PAGE.relative_to(Path.cwd())}")
    elif PAGE.read_text(encoding="utf-8") != text:
        print("docs/verified.md is not what the beliefs say; run: make verified", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
