"""Outputs of a monitor: Model Monitor's files, an HTML report and CloudWatch metrics."""

import json
import math
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import (
    COMPLETED,
    ENDPOINT_DIMENSION,
    KIND_DIMENSION,
    LATEST_JUDGED_REPORT,
    LATEST_REPORT,
    LATEST_VIOLATION_REPORT,
    VIOLATED,
)
from sagemaker_mlops.monitoring.findings import Analysis
from sagemaker_mlops.monitoring.services import Services
from sagemaker_mlops.monitoring.settings import MonitorSettings
from sagemaker_mlops.runtime.statistics import constraints_of

TEMPLATES = Path(__file__).parent
TITLES = {
    "data-quality": "Data quality",
    "model-quality": "Model quality",
    "bias": "Bias",
    "explainability": "Explainability",
}


def documents(analysis: Analysis, contract: Contract) -> dict[str, str]:
    """Return the contents of a report's files by file name.

    Formats: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-outputs.html
    """
    measured = [one.statistics for one in analysis.findings if one.statistics is not None]
    # Model Monitor's format holds one model. If several versions served in the window, use the one with the most rows.
    statistics = max(measured, key=_item_count, default={"version": 0, "dataset": {"item_count": 0}, "features": []})
    violations = {"violations": [violation.as_model_monitor() for violation in analysis.violations]}
    return {
        "statistics.json": _json(statistics),
        "constraints.json": _json(constraints_of(contract)),
        "constraint_violations.json": _json(violations),
        "analysis.json": _json(analysis.summary()),
        "report.html": page(analysis, contract),
    }


def _item_count(statistics: dict[str, Any]) -> int:
    count: int = statistics.get("dataset", {}).get("item_count", 0)
    return count


def _json(content: Any) -> str:
    return json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(content: Any) -> Any:
    """Replace infinities and NaN with None, because JSON has no representation for them.

    They occur because the sum of large numbers in requests can overflow.
    """
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def page(analysis: Analysis, contract: Contract) -> str:
    """Return the HTML report, which needs no network to be displayed."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("report.html.j2")
    return template.render(analysis=analysis, contract=contract, title=TITLES[analysis.kind])


def write_report(settings: MonitorSettings, services: Services, analysis: Analysis, contract: Contract) -> str:
    """Write the report to S3 and to the folder that Model Monitor uploads, and return its address."""
    uri = f"{settings.report_uri}/{analysis.end:%Y/%m/%d/%H-%M-%S}"
    settings.output.mkdir(parents=True, exist_ok=True)
    for name, content in documents(analysis, contract).items():
        (settings.output / name).write_text(content, encoding="utf-8")
        kind = "text/html; charset=utf-8" if name.endswith(".html") else "application/json"
        services.write(f"{uri}/{name}", content.encode(), kind)
    return f"{uri}/report.html"


def update_latest_reports(settings: MonitorSettings, services: Services, analysis: Analysis, address: str) -> None:
    """Record this report as the newest, and as the newest with a result or a violation if it has one.

    This must be the last call of a run. The next window starts where the window of the newest report ended, so the next
    run also covers the window of a run that failed.
    """
    latest = {**analysis.summary(), "report_uri": address}
    names = [
        LATEST_REPORT,
        *([LATEST_JUDGED_REPORT] if analysis.is_judged else []),
        *([LATEST_VIOLATION_REPORT] if analysis.violations else []),
    ]
    for name in names:
        services.write(f"{settings.report_uri}/{name}", _json(latest).encode())


def publish(settings: MonitorSettings, services: Services, analysis: Analysis) -> None:
    """Publish the metrics of a window.

    A window in which nothing could be checked gets no `Violated`. The timestamp is the end of the window, not the time
    at which the job ended. Otherwise two windows could become one datapoint of the alarm, if the first analysis took
    long.
    """
    values = {name: value for name, value in analysis.metrics.items() if math.isfinite(value)}
    if analysis.is_judged:
        values[VIOLATED] = float(bool(analysis.violations))
    dimensions = {ENDPOINT_DIMENSION: settings.endpoint, KIND_DIMENSION: settings.kind}
    services.put_metrics(settings.namespace, dimensions, {**values, COMPLETED: 1.0}, analysis.end)
