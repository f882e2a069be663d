"""Newest report of each kind of monitor."""

from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError
from rich.console import Console

from sagemaker_mlops.contract.documents import MonitorSummary
from sagemaker_mlops.contract.monitors import KINDS, LATEST_JUDGED_REPORT, LATEST_REPORT, MonitorKind
from sagemaker_mlops.delivery.report.pages import report_path
from sagemaker_mlops.delivery.s3_objects import read_json, split_uri
from sagemaker_mlops.delivery.target import Target

PREFIX = "monitoring"


@dataclass(frozen=True)
class MonitorReport:
    """Report of one kind of monitor."""

    kind: MonitorKind
    summary: MonitorSummary

    @property
    def violations(self) -> list[str]:
        """Texts of the violations of the contract."""
        return [violation["text"] for violation in self.summary["violations"]]

    def __str__(self) -> str:
        said = self.summary
        verdict = f"{len(self.violations)} broken" if self.violations else "nothing broken"
        verdict = verdict if said["is_judged"] else "nothing to judge"
        return f"{self.kind}: {verdict}, {said['rows']:,} records, until {said['window_end'][:16]} UTC"


def newest_reports(target: Target, which: str = LATEST_JUDGED_REPORT) -> list[MonitorReport]:
    """Return the newest report of each kind of monitor that has one.

    Args:
        target: Environment of the monitors.
        which: LATEST_JUDGED_REPORT for the newest report with a verdict (before the first verdict, the newest report),
            LATEST_REPORT for the newest one, LATEST_VIOLATION_REPORT for the newest one with a violation.
    """
    found = []
    for kind in KINDS:
        summary = _read(target, kind, which)
        if summary is None and which == LATEST_JUDGED_REPORT:
            summary = _read(target, kind, LATEST_REPORT)
        if summary is not None:
            found.append(MonitorReport(kind, summary))
    return found


def _read(target: Target, kind: MonitorKind, name: str) -> MonitorSummary | None:
    try:
        found: MonitorSummary = read_json(target, f"s3://{target.names.capture_bucket}/{PREFIX}/{kind}/{name}")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404", "NoSuchBucket"):
            raise
        return None
    return found


def show_reports(target: Target, console: Console, reports: list[MonitorReport]) -> list[Path]:
    """Print reports, download their HTML pages, and return the paths of these."""
    pages = []
    for report in reports:
        console.print(str(report), style="red" if report.violations else None, markup=False)
        for text in report.violations:
            console.print(f"  broken: {text}", markup=False)
        for note in report.summary["notes"]:
            console.print(f"  note: {note}", markup=False)
        bucket, key = split_uri(report.summary["report_uri"])
        path = report_path(f"{report.kind}-{target.names.endpoint}.html")
        path.write_bytes(target.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
        console.print(f"  report: {path}", markup=False)
        pages.append(path)
    return pages
