"""Delete what does not belong to the project: paths of features that were not chosen, and caches that came along.

Nothing else: no git, no network, no clock. `cruft update` runs this hook four times, so it must give the same result
every time.
"""

import os
import shutil
import sys
from pathlib import Path

# (is the feature wanted?, the paths that only it needs)
FEATURES = [
    ("{{ cookiecutter.license }}" != "none", ["LICENSE"]),
]
# In the template these are links to folders that are copied as they are.
LINKED = ("infra", "model", "packages", "pipelines")
CACHES = {"__pycache__", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
# What somebody installed or built; at the root of a project that is generated again it is the project's own.
INSTALLED = {".venv", "build", "dist", "node_modules"}
LOST_LINKS = """\
error: this copy of the template has lost its links: {names} should be folders, and are texts.
A ZIP download and Git without symbolic links (Windows) lose them. Get the template with git, with links on:
  git clone -c core.symlinks=true ADDRESS, then: cookiecutter FOLDER"""


def remove(path):
    """Remove a file or a folder if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_caches():
    """Remove caches everywhere, and what was installed in the folders that were copied as they are."""
    for folder, names, _ in os.walk("."):
        is_copied = Path(folder).parts[:1] and Path(folder).parts[0] in LINKED
        unwanted = {name for name in names if name in CACHES or (is_copied and name in INSTALLED)}
        for name in unwanted:
            remove(Path(folder) / name)
        # Hidden folders are environments, tools, states and git: a project that is generated again keeps theirs.
        names[:] = [name for name in names if name not in unwanted | INSTALLED and not name.startswith(".")]


lost = [name for name in LINKED if not Path(name).is_dir()]
if lost:
    sys.exit(LOST_LINKS.format(names=", ".join(lost)))
for wanted, paths in FEATURES:
    if not wanted:
        for path in paths:
            remove(Path(path))
remove_caches()
