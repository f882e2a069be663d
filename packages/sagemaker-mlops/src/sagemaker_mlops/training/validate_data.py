"""ValidateData step: check of the training window against the contract, with a report of the findings.

A finding has the column, the rule, the count and the rows. Data that violate the contract are refused.
"""

import argparse
import sys
from pathlib import Path

from sagemaker_mlops.contract.baseline_documents import StatisticsDocument
from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.contract.data_checks import Finding, check_dataset
from sagemaker_mlops.runtime.job import StepRefused, parse_arguments, read_json, read_only_json, run, write_json
from sagemaker_mlops.runtime.shift import Shift, shifts_from
from sagemaker_mlops.runtime.statistics import profile_table
from sagemaker_mlops.training.training_objects import fetch_objects
from sagemaker_mlops.training.window import Window, WindowData, read_window

REPORT_FILE = "validation.json"
STATISTICS_FILE = "statistics.json"


def validate(
    data: WindowData, baseline: StatisticsDocument | None, contract: Contract
) -> tuple[list[Finding], list[Shift]]:
    """Return all findings, and the distance of each feature from the champion's baseline.

    Args:
        data: rows of the window.
        baseline: statistics of the champion's training data; without them there are no distances.
        contract: contract that the rows are checked against.
    """
    if data.table.height == 0:
        nothing = [] if data.findings else [Finding("too_few_rows", None, 0, (), "files with rows in the window")]
        return [*data.findings, *nothing], []
    shifts = shifts_from(baseline, data.table) if baseline else []
    return [
        *data.findings,
        *check_dataset(data.table, contract, data.origin),
        *_shift_findings(shifts, contract),
    ], shifts


def _shift_findings(shifts: list[Shift], contract: Contract) -> list[Finding]:
    limit = contract.dataset.maximum_shift
    calendar_bound = {feature.name for feature in contract.features if feature.calendar_bound}
    return [
        Finding(
            "shifted_distribution",
            shift.name,
            1,
            (),
            f"distance from the champion's data at most {limit:g}, found {shift.distance:.2f}",
        )
        for shift in shifts
        if shift.distance > limit and shift.name not in calendar_bound
    ]


def read_baseline(directory: Path) -> StatisticsDocument | None:
    """Return the champion's statistics, or None if there is no champion."""
    path = directory / STATISTICS_FILE
    return read_json(path) if path.exists() else None


def step(arguments: argparse.Namespace) -> None:
    """Download and read the window, and write the report.

    Raises:
        StepRefused: if the data violate the contract or cannot be downloaded.
    """
    contract = load_contract()
    fetch_objects(arguments.data_uri, read_only_json(arguments.manifest), arguments.data)
    window = Window(arguments.window_start, arguments.window_end)
    data = read_window(arguments.data, window, contract)
    findings, shifts = validate(data, read_baseline(arguments.baseline), contract)
    refused = [finding for finding in findings if finding.refuses]
    report = {
        "passed": not refused,
        "window": {"start": window.start, "end": window.end},
        "rows": data.table.height,
        "files": data.files,
        "findings": [finding.as_dict() for finding in findings],
        "shifts": [shift.as_dict() for shift in shifts],
    }
    write_json(arguments.validation / REPORT_FILE, report)
    for finding in findings:
        print(finding)
    if refused:
        first = "; ".join(str(finding) for finding in refused[:3])
        more = f"; and {len(refused) - 3} more" if len(refused) > 3 else ""
        rules = "1 broken rule" if len(refused) == 1 else f"{len(refused)} broken rules"
        raise StepRefused(f"found {rules}: {first}{more}. Fix the data or choose another window, and start again")
    write_json(arguments.profile / STATISTICS_FILE, profile_table(data.table, contract))
    print(f"{data.table.height:,} rows of {len(data.files)} files keep the contract")


def main() -> int:
    """Run the step and return the exit code."""
    paths = ["data", "manifest", "baseline", "validation", "profile"]
    return run(step, parse_arguments(__doc__, paths=paths, texts=["data_uri", "window_start", "window_end"]))


if __name__ == "__main__":
    sys.exit(main())
