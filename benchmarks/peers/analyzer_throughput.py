"""Measurement of the analyzer's time and memory, run inside a generated project."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from data.sample import load_sample
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.data_checks import check_table
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.capture_records import CaptureDecoder
from sagemaker_mlops.monitoring.captures import pieces
from sagemaker_mlops.monitoring.data_quality import DataQuality
from sagemaker_mlops.runtime.statistics import SCORE, profile_column, profile_table

PIECE_ROWS, LINES = 500_000, 1_000_000
BLOCK_BYTES = 4 * 1024 * 1024


def prepare(directory: Path, _count: int) -> None:
    """Write half a million decoded rows and a million captured requests."""
    contract = load_contract()
    sample = check_table(load_sample(), contract).table
    types = CaptureDecoder(contract).row_schema
    rows = sample.select(contract.feature_names).cast({name: types[name] for name in contract.feature_names})
    drawn = rows.sample(PIECE_ROWS, with_replacement=True, seed=1)
    drawn.with_columns(pl.Series(SCORE, range(PIECE_ROWS)) / PIECE_ROWS).write_parquet(directory / "rows.parquet")
    records = [json.dumps(record) for record in sample.select(contract.feature_names).to_dicts()]
    with (directory / "capture.jsonl").open("w", encoding="utf-8") as file:
        for number in range(LINES):
            file.write(_line(records[number % len(records)], number))


def _line(record: str, number: int) -> str:
    predictions = [{"score": number / LINES, "positive": False}]
    answer = json.dumps({"predictions": predictions, "model_version": "1", "inference_id": f"{number:036d}"})
    sides = {
        f"endpoint{side}": {
            "observedContentType": "application/json",
            "mode": side.upper(),
            "data": data,
            "encoding": "JSON",
        }
        for side, data in (("Input", record), ("Output", answer))
    }
    event = {"eventId": f"{number:036d}", "inferenceTime": "2026-11-22T08:00:00Z"}
    return json.dumps({"captureData": sides, "eventMetadata": event, "eventVersion": "0"}) + "\n"


def quality() -> DataQuality:
    """Return a data quality monitor with the whole sample as its baseline."""
    contract = load_contract()
    sample = check_table(load_sample(), contract).table
    scores = {"features": [profile_column(pl.Series(SCORE, [number / 1000 for number in range(1000)]))]}
    baseline = VersionBaseline("1", data=profile_table(sample, contract), quality=scores)
    return DataQuality(contract, "1", baseline, CaptureDecoder(contract).row_schema)


def rows(directory: Path, count: int) -> int:
    """Count decoded rows, test them for drift, and return their number."""
    monitor = quality()
    for _ in range(count // PIECE_ROWS):
        monitor.add(pl.read_parquet(directory / "rows.parquet"))
    monitor.findings()
    return monitor.rows


def capture(directory: Path, count: int) -> int:
    """Decode captured requests, count them, test them for drift, and return the number of rows."""
    monitor, decoder = quality(), CaptureDecoder(load_contract())
    for piece in pieces(_blocks(directory / "capture.jsonl", count // LINES)):
        monitor.add(decoder.rows(piece))
    monitor.findings()
    return monitor.rows


def _blocks(path: Path, times: int) -> Iterator[bytes]:
    for _ in range(times):
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block


def main() -> None:
    """Run one measurement in this process, so that the peak memory is that of the measurement."""
    what, directory, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if what == "prepare":
        prepare(directory, count)
        return
    begin = time.perf_counter()
    found = {"rows": rows, "capture": capture}[what](directory, count)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": found, "seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    main()
