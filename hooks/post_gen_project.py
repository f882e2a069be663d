"""Delete the paths of features that were not chosen, from one table. Nothing else: no git, no network, no clock.

`cruft update` runs this hook four times, so it must give the same result every time.
"""

import shutil
from pathlib import Path

# (is the feature wanted?, the paths that only it needs)
FEATURES = [
    ("{{ cookiecutter.license }}" != "none", ["LICENSE"]),
]


def remove(path):
    """Remove a file or a folder if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


for wanted, paths in FEATURES:
    if not wanted:
        for path in paths:
            remove(Path(path))
