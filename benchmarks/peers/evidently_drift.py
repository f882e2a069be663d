"""Evidently's DataDriftPreset with its defaults, run on the windows or timed on many rows."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

WINDOWS = 12  # per case, since a window takes almost a second
REFERENCE_ROWS, CURRENT_ROWS = 6_000, 1_000_000


def drifted(reference: pd.DataFrame, current: pd.DataFrame) -> tuple[bool, bool]:
    """Return whether any column drifted, and whether at least half of the columns did.

    The second is the preset's rule for drift of the data set.
    """
    result: dict[str, Any] = Report([DataDriftPreset()]).run(current, reference).dict()
    count = next(metric for metric in result["metrics"] if "DriftedColumnsCount" in metric["metric_name"])["value"]
    return count["count"] > 0, count["share"] >= 0.5


def judge(directory: Path) -> None:
    """Write the results for each case."""
    reference = pd.read_parquet(directory / "reference.parquet")
    found = []
    for path in sorted(directory.glob("case-*.parquet")):
        table = pd.read_parquet(path).drop(columns="label")
        windows = [rows.drop(columns="window") for number, rows in table.groupby("window") if number < WINDOWS]
        verdicts = [drifted(reference, window) for window in windows]
        found.append({"any": [one for one, _ in verdicts], "half": [half for _, half in verdicts]})
    (directory / "evidently.json").write_text(json.dumps(found), encoding="utf-8")


def measure(directory: Path) -> None:
    """Print seconds and peak memory for many rows."""
    reference = pd.read_parquet(directory / "reference.parquet").sample(REFERENCE_ROWS, replace=True, random_state=1)
    current = reference.sample(CURRENT_ROWS, replace=True, random_state=2)
    begin = time.perf_counter()
    drifted(reference, current)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": CURRENT_ROWS, "seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    {"judge": judge, "measure": measure}[sys.argv[1]](Path(sys.argv[2]))
