"""`python -m data.sample FOLDER`: write the sample as one CSV per month, with a record id and an event time."""

import argparse
import sys
from pathlib import Path

import polars as pl

SOURCE = Path(__file__).with_name("online_shoppers_intention.csv")
YEAR = 2025
MONTHS = {"Feb": 2, "Mar": 3, "May": 5, "June": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12}
SECONDS_SPREAD_OVER = 27 * 24 * 3600  # fits every month


def load_sample() -> pl.DataFrame:
    """Return the sample with `record_id` and `event_time` first; every value as text, as in the source."""
    source = pl.read_csv(SOURCE, infer_schema=False)
    month = pl.col("Month").replace_strict(MONTHS, return_dtype=pl.Int8)
    position = pl.int_range(pl.len()).over("Month")
    seconds = (position * SECONDS_SPREAD_OVER) // pl.len().over("Month")
    start = pl.datetime(YEAR, month, 1)
    return source.select(
        (pl.lit("session-") + pl.int_range(pl.len()).cast(pl.String).str.zfill(5)).alias("record_id"),
        (start + pl.duration(seconds=seconds)).dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("event_time"),
        pl.exclude("Month"),
    )


def write_months(directory: Path) -> list[Path]:
    """Write `2025-02.csv` and so on; returns the files in order."""
    directory.mkdir(parents=True, exist_ok=True)
    months = load_sample().with_columns(pl.col("event_time").str.head(7).alias("__month"))
    paths = []
    for (month,), rows in sorted(months.partition_by("__month", as_dict=True, include_key=False).items()):
        path = directory / f"{month}.csv"
        rows.write_csv(path)
        paths.append(path)
    return paths


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m data.sample", description=__doc__)
    parser.add_argument("folder", type=Path)
    paths = write_months(parser.parse_args().folder)
    print(f"wrote {len(paths)} months to {paths[0].parent}: {paths[0].stem} to {paths[-1].stem}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
