"""Write what a monitor found: Model Monitor's files, a page for people, and metrics for the alarms."""

import json
import math
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import (
    BROKEN,
    COMPLETED,
    ENDPOINT_DIMENSION,
    JUDGED,
    KIND_DIMENSION,
    LATEST,
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
    """Contents of the files of a report, by name.

    Formats: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-outputs.html
    """
    measured = [one.statistics for one in analysis.findings if one.statistics is not None]
    # Model Monitor knows one model at a time; ours may have several in a window, and the one with most rows is first.
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
    """Without infinities, which JSON does not know: requests may hold numbers whose sum is none."""
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def page(analysis: Analysis, contract: Contract) -> str:
    """The page for people, readable without a network."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("report.html.j2")
    return template.render(analysis=analysis, contract=contract, title=TITLES[analysis.kind])


def write_report(settings: MonitorSettings, services: Services, analysis: Analysis, contract: Contract) -> str:
    """Write the files to S3 and into the folder that Model Monitor uploads by itself; returns the report's address."""
    uri = f"{settings.report_uri}/{analysis.end:%Y/%m/%d/%H-%M-%S}"
    settings.output.mkdir(parents=True, exist_ok=True)
    for name, content in documents(analysis, contract).items():
        (settings.output / name).write_text(content, encoding="utf-8")
        kind = "text/html; charset=utf-8" if name.endswith(".html") else "application/json"
        services.write(f"{uri}/{name}", content.encode(), kind)
    return f"{uri}/report.html"


def remember(settings: MonitorSettings, services: Services, analysis: Analysis, address: str) -> None:
    """Tell everybody which report is the newest, the newest with a verdict, the newest with a broken promise.

    Last of all: the next window begins where the newest report's ended, so a run that failed on the way is made up.
    """
    latest = {**analysis.summary(), "report_uri": address}
    names = [LATEST, *([JUDGED] if analysis.is_judged else []), *([BROKEN] if analysis.violations else [])]
    for name in names:
        services.write(f"{settings.report_uri}/{name}", _json(latest).encode())


def publish(settings: MonitorSettings, services: Services, analysis: Analysis) -> None:
    """Publish the metrics. A window in which nothing could be judged has no verdict, so no `Violated`.

    They are of the window's end, not of when the job was done: two windows, the first of them analysed slowly, would
    else be one datapoint of the alarm.
    """
    values = {name: value for name, value in analysis.metrics.items() if math.isfinite(value)}
    if analysis.is_judged:
        values[VIOLATED] = float(bool(analysis.violations))
    dimensions = {ENDPOINT_DIMENSION: settings.endpoint, KIND_DIMENSION: settings.kind}
    services.put_metrics(settings.namespace, dimensions, {**values, COMPLETED: 1.0}, analysis.end)
