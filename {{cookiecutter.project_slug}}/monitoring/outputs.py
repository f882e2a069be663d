"""Write what a monitor found: Model Monitor's files, a page for people, and metrics for the alarms."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contract.contract import Contract
from contract.monitors import BROKEN, COMPLETED, ENDPOINT_DIMENSION, JUDGED, KIND_DIMENSION, LATEST, VIOLATED
from monitoring.findings import Analysis
from monitoring.services import Services
from monitoring.settings import MonitorSettings
from monitoring.statistics import constraints_of

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
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def page(analysis: Analysis, contract: Contract) -> str:
    """The page for people, readable without a network."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("report.html.j2")
    return template.render(analysis=analysis, contract=contract, title=TITLES[analysis.kind])


def write_report(settings: MonitorSettings, services: Services, analysis: Analysis, contract: Contract) -> str:
    """Write the files, here and, where nobody else does, to S3; returns the report's address.

    Model Monitor uploads the folder by itself. `latest.json` tells everybody which report is the newest,
    `judged.json` which is the newest with a verdict, `broken.json` the newest with a broken promise.
    """
    uri = f"{settings.report_uri}/{analysis.end:%Y/%m/%d/%H-%M-%S}"
    settings.output.mkdir(parents=True, exist_ok=True)
    for name, content in documents(analysis, contract).items():
        (settings.output / name).write_text(content, encoding="utf-8")
        kind = "text/html; charset=utf-8" if name.endswith(".html") else "application/json"
        services.write(f"{uri}/{name}", content.encode(), kind)
    latest = {**analysis.summary(), "report_uri": f"{uri}/report.html"}
    names = [LATEST, *([JUDGED] if analysis.is_judged else []), *([BROKEN] if analysis.violations else [])]
    for name in names:
        services.write(f"{settings.report_uri}/{name}", _json(latest).encode())
    return f"{uri}/report.html"


def publish(settings: MonitorSettings, services: Services, analysis: Analysis) -> None:
    """Publish the metrics. A window in which nothing could be judged has no verdict, so no `Violated`."""
    values = dict(analysis.metrics)
    if analysis.is_judged:
        values[VIOLATED] = float(bool(analysis.violations))
    dimensions = {ENDPOINT_DIMENSION: settings.endpoint, KIND_DIMENSION: settings.kind}
    services.put_metrics(settings.namespace, dimensions, {**values, COMPLETED: 1.0})
