"""Conflicts of a template update in the work tree: unmerged files, conflict markers and rejected hunks.

cruft 2.16.0 applies the difference of two template versions with `git apply -3`. Where that fails it leaves markers or
`.rej` files, prints its success message and exits with 0, so the work tree must be checked.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sagemaker_mlops.delivery.checkout import git

MARKED = re.compile(r"^<{7} .*?^>{7} [^\n]*$", re.MULTILINE | re.DOTALL)
LONGEST_HUNK_LINES = 40


@dataclass(frozen=True)
class Conflict:
    """A file that needs a decision, with the hunks that could not be applied."""

    path: str
    hunks: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.path}:", *(_indented(hunk) for hunk in self.hunks)])


def _indented(hunk: str) -> str:
    lines = hunk.splitlines()
    rest = [f"({len(lines) - LONGEST_HUNK_LINES} lines more)"] if len(lines) > LONGEST_HUNK_LINES else []
    return "\n".join(f"  {line}" for line in [*lines[:LONGEST_HUNK_LINES], *rest])


def conflicts(root: Path) -> list[Conflict]:
    """Return the conflicts in a work tree, by path."""
    changed = set(git(root, "diff", "HEAD", "--name-only", "--no-renames").splitlines())
    unmerged = set(git(root, "diff", "--name-only", "--diff-filter=U").splitlines())
    rejected = set(git(root, "ls-files", "--others", "--exclude-standard", "*.rej").splitlines())
    found = [_conflict(root, path, unmerged) for path in sorted(changed | unmerged | rejected)]
    return [conflict for conflict in found if conflict]


def _conflict(root: Path, path: str, unmerged: set[str]) -> Conflict | None:
    file = root / path
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    if path.endswith(".rej"):
        return Conflict(path, (text,))
    hunks = tuple(found[0] for found in MARKED.finditer(text))
    return Conflict(path, hunks) if hunks or path in unmerged else None
