"""Command that writes a CSV file of random rows: `draft_files.py FILE ROWS COLUMNS`. It runs in a project.

A quarter of the columns each are numbers, whole numbers, categories and booleans; three more are an id, a time and a
label.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

COLOURS = ("red", "green", "blue", "black")


def column(kind: int, rows: int, generator: np.random.Generator) -> Any:
    """Return the values of one column."""
    if kind == 0:
        return generator.normal(size=rows).round(4)
    if kind == 1:
        return generator.integers(0, 1000, rows)
    return generator.choice(COLOURS, rows).tolist() if kind == 2 else generator.random(rows) < 0.5


def main() -> int:
    """Write the file."""
    path, rows, columns = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    generator = np.random.default_rng(1)
    table = pl.DataFrame({f"column {number}": column(number % 4, rows, generator) for number in range(columns - 3)})
    ids, label = [f"row-{number}" for number in range(rows)], generator.random(rows) < 0.2
    table.with_columns(
        pl.Series("id", ids), pl.lit("2025-03-01T00:00:00Z").alias("time"), pl.Series("label", label)
    ).write_csv(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
