"""Update of the project to a newer version of its template, with cruft."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sagemaker_mlops.delivery.checkout import git
from sagemaker_mlops.delivery.errors import DeliveryError, TemplateConflict
from sagemaker_mlops.delivery.template.conflicts import conflicts

STATE_FILE = ".cruft.json"
SHOWN_CHARACTERS = 2000
SHORT = 12


@dataclass(frozen=True)
class TemplateUpdate:
    """Result of an update: the template's address and its commits before and after."""

    template: str
    before: str
    after: str
    changed_files: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """True if the update changed the project."""
        return self.before != self.after

    @property
    def title(self) -> str:
        """Title of the pull request."""
        return f"Update the template to {self.after[:SHORT]}"


def update_template(root: Path, version: str = "") -> TemplateUpdate:
    """Apply the changes between the project's template version and a newer one to the work tree.

    Args:
        root: Folder of the project, a git work tree without changes.
        version: Tag, branch or commit of the template; by default the newest commit of its default branch.

    Raises:
        TemplateConflict: Some changes could not be applied. The message contains them; the work tree has conflict
            markers where they belong.
        DeliveryError: The project has no .cruft.json, the work tree has changes, or cruft failed.
    """
    before = _state(root)
    _require_clean(root)
    words = [".venv-update/bin/cruft", "update", "--skip-apply-ask", *(["--checkout", version] if version else [])]
    _install(root)
    result = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  (a list of words, read by no shell)
    if result.returncode:
        printed = (result.stderr.strip() or result.stdout.strip())[-SHOWN_CHARACTERS:]
        raise DeliveryError(f"cruft could not update the project: {printed}")
    after = _state(root)
    if found := conflicts(root):
        listed = "\n".join(map(str, found))
        raise TemplateConflict(
            f"{len(found)} files need a decision. Resolve them, then: git add --all && make setup check\n{listed}"
        )
    changed = git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    return TemplateUpdate(after["template"], before["commit"], after["commit"], tuple(line[3:] for line in changed))


def _state(root: Path) -> dict[str, str]:
    path = root / STATE_FILE
    if not path.is_file():
        raise DeliveryError(
            f"expected {STATE_FILE}, which names the template and its version; found none. Projects that were not "
            "created with cruft get it with: cruft link TEMPLATE"
        )
    content: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _require_clean(root: Path) -> None:
    if changed := git(root, "status", "--porcelain"):
        raise DeliveryError(
            f"expected a work tree without changes, found {len(changed.splitlines())}. Commit them or stash them first"
        )


def _install(root: Path) -> None:
    result = subprocess.run(["make", "--silent", ".venv-update/.ready"], cwd=root, check=False)  # noqa: S607  (a list of words, read by no shell)
    if result.returncode:
        raise DeliveryError("cruft could not be installed, see above; repeat it: make .venv-update/.ready")
