"""Settings of a monitoring job, from environment variables that are the same in both runtimes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sagemaker_mlops.contract.monitors import KINDS, MonitorKind

OUTPUT_DIRECTORY = "/opt/ml/processing/output"
REASON_DIRECTORY = "/opt/ml/output"


class InvalidSettings(ValueError):
    """Error for a missing or invalid variable. The message names the variable."""


@dataclass(frozen=True)
class MonitorSettings:
    """Settings of one run of one kind of monitor.

    `given_start` and `given_end` are set by Model Monitor, which chooses the window. In the other runtime they are
    None. The files that Model Monitor downloads are not used: SageMaker captures requests minutes late, so these files
    lack the end of the hour.
    """

    kind: MonitorKind
    endpoint: str
    namespace: str
    capture_uri: str
    labels_uri: str
    report_uri: str
    model_package_group: str
    region: str
    window: timedelta
    given_start: datetime | None
    given_end: datetime | None
    output: Path


def read_settings(variables: Mapping[str, str] = os.environ) -> MonitorSettings:
    """Read the settings from environment variables.

    Model Monitor sets the variables in lower case:
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html

    Raises:
        InvalidSettings: if a variable is missing or invalid.
    """
    kind = _required(variables, "MONITOR_KIND")
    if kind not in KINDS:
        raise InvalidSettings(f"expected MONITOR_KIND to be {', '.join(KINDS)}, found {kind!r}")
    group = _required(variables, "MONITOR_MODEL_PACKAGE_GROUP")
    return MonitorSettings(
        kind=kind,
        endpoint=_required(variables, "MONITOR_ENDPOINT"),
        namespace=_required(variables, "MONITOR_NAMESPACE"),
        capture_uri=_required(variables, "MONITOR_CAPTURE_URI"),
        labels_uri=_required(variables, "MONITOR_LABELS_URI"),
        report_uri=_required(variables, "MONITOR_REPORT_URI"),
        model_package_group=group,
        region=variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or "",
        window=timedelta(hours=_hours(_required(variables, "MONITOR_WINDOW_HOURS"))),
        given_start=_time(variables, "start_time"),
        given_end=_time(variables, "end_time"),
        output=Path(variables.get("output_path") or OUTPUT_DIRECTORY),
    )


def reason_directory(variables: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which SageMaker expects the reason of a failed job.

    It does not depend on the other settings, so that invalid settings can be reported as well.
    """
    return Path(variables.get("MONITOR_REASON_DIRECTORY") or REASON_DIRECTORY)


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name, "")
    if value in ("", "none"):
        raise InvalidSettings(f"expected the variable {name}, found nothing; the monitor's job definition sets it")
    return value


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 31:
        raise InvalidSettings(f"expected MONITOR_WINDOW_HOURS to be a number of hours, found {text!r}")
    return hours


def _time(variables: Mapping[str, str], name: str) -> datetime | None:
    text = variables.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidSettings(f"expected {name} to be a time in ISO 8601, found {text!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
