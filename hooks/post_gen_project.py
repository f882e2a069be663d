"""Hook that deletes files of features that were not chosen, and caches copied from the template.

It uses no git, network or clock. `cruft update` runs it four times, so it must give the same result every time.
"""

import os
import shutil
import sys
from pathlib import Path

# (True if the feature was chosen, paths that only this feature needs)
FEATURES = [
    ("{{ cookiecutter.license }}" != "none", ["LICENSE"]),
]
# In the template these are symbolic links to folders, which are copied as they are.
LINKED = ("infra", "model", "packages", "pipelines")
CACHES = {"__pycache__", ".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
# Installed or built files. At the root of a project that is generated again they belong to the project.
INSTALLED = {".venv", "build", "dist", "node_modules"}
LOST_LINKS = """\
error: this copy of the template has lost its links: {names} should be folders, and are texts.
A ZIP download and Git without symbolic links (Windows) lose them. Get the template with git, with links on:
  git clone -c core.symlinks=true ADDRESS, then: cookiecutter FOLDER"""


def remove(path):
    """Remove a file or a folder if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_caches():
    """Remove caches everywhere, and installed or built files in the folders that were copied as they are."""
    for folder, names, _ in os.walk("."):
        is_copied = Path(folder).parts[:1] and Path(folder).parts[0] in LINKED
        unwanted = {name for name in names if name in CACHES or (is_copied and name in INSTALLED)}
        for name in unwanted:
            remove(Path(folder) / name)
        # Skip hidden folders: environments, tools, state and git, which a project that is generated again keeps.
        names[:] = [name for name in names if name not in unwanted | INSTALLED and not name.startswith(".")]


lost = [name for name in LINKED if not Path(name).is_dir()]
if lost:
    sys.exit(LOST_LINKS.format(names=", ".join(lost)))
for wanted, paths in FEATURES:
    if not wanted:
        for path in paths:
            remove(Path(path))
remove_caches()
print(f"""
generated: {Path.cwd().name}
next: cd {Path.cwd().name}, then: make setup; README.md goes on from there""")
