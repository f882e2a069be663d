"""`python write_own_data.py NAME LABEL FILE FIRST LAST`: write rows of a data set of scikit-learn as it came.

The files have no ids and no times. It runs in a project's environment, which has scikit-learn.
"""

import csv
import sys
from pathlib import Path

from sklearn import datasets  # type: ignore[import-not-found]  # only projects have it


def write(name: str, label: str, path: Path, first: int, last: int) -> None:
    """Write a data set's rows from `first` to before `last` as CSV, with outcomes in words where it has names."""
    found = getattr(datasets, f"load_{name}")()
    names = getattr(found, "target_names", None)
    words = {number: f"kind {value}" for number, value in enumerate(names)} if names is not None else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*found.feature_names, label])
        for row, outcome in list(zip(found.data.tolist(), found.target.tolist(), strict=True))[first:last]:
            writer.writerow([*row, words.get(outcome, outcome)])


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
