"""Report of a shadow comparison: findings, and the scores of both versions."""

from pathlib import Path

import numpy as np

from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.releases.shadow_comparison import Comparison
from sagemaker_mlops.delivery.report.charts import CHALLENGER, CHAMPION, NEUTRAL, Chart
from sagemaker_mlops.delivery.report.pages import render_page, report_path

BINS = 30
MOST_POINTS = 3000


def write_shadow_report(endpoint: str, version: ModelVersion, served_arn: str, comparison: Comparison) -> Path:
    """Write the report of a shadow comparison and return its path.

    Args:
        endpoint: Name of the endpoint.
        version: Version that ran as the shadow.
        served_arn: ARN of the version that serves.
        comparison: Result of the comparison.
    """
    contract = load_contract()
    charts = {"Scores of the same records": score_histogram, "Record by record": score_scatter}
    drawn = [(title, draw(comparison, contract)) for title, draw in charts.items() if comparison.serving_scores]
    path = report_path(f"shadow-{endpoint}-{version.number}.html")
    page = render_page(
        "shadow.html.j2",
        contract=contract,
        endpoint=endpoint,
        version=version,
        served_arn=served_arn,
        comparison=comparison,
        charts=drawn,
    )
    path.write_text(page, encoding="utf-8")
    return path


def score_histogram(comparison: Comparison, contract: Contract) -> str:
    """Draw a histogram of the scores of both versions and return it as SVG."""
    low, high = _range(comparison, contract)
    chart, edges = Chart(), np.linspace(low, high, BINS + 1).tolist()
    for scores, colour, label in (
        (comparison.serving_scores, CHAMPION, "serves"),
        (comparison.shadow_scores, CHALLENGER, "shadow"),
    ):
        chart.axes.hist(scores, bins=edges, color=colour, label=label, histtype="step", linewidth=1.5)
    for threshold in _threshold(contract):
        chart.axes.axvline(threshold, color=NEUTRAL, linewidth=0.8, linestyle="--")
    chart.axes.set(xlabel="score", ylabel="records (log)", xlim=(low, high), yscale="log")
    chart.axes.legend(frameon=False, loc="best")
    return chart.svg("histogram of the scores of both versions")


def score_scatter(comparison: Comparison, contract: Contract) -> str:
    """Draw the score of each record by both versions and return the chart as SVG.

    With a threshold, the versions decide differently on the records in the upper left and lower right quadrants.
    """
    chart, limits = Chart(), _range(comparison, contract)
    first, second = comparison.serving_scores[:MOST_POINTS], comparison.shadow_scores[:MOST_POINTS]
    chart.axes.plot(limits, limits, color=NEUTRAL, linewidth=0.8)
    for threshold in _threshold(contract):
        chart.axes.axvline(threshold, color=NEUTRAL, linewidth=0.8, linestyle="--")
        chart.axes.axhline(threshold, color=NEUTRAL, linewidth=0.8, linestyle="--")
    chart.axes.scatter(first, second, s=7, color=CHALLENGER, alpha=0.5, linewidths=0)
    chart.axes.set(xlabel="score of the version that serves", ylabel="score of the shadow", xlim=limits, ylim=limits)
    return chart.svg("scores of both versions, record by record")


def _threshold(contract: Contract) -> list[float]:
    return [contract.gates.decision_threshold] if contract.label.problem == "binary" else []


def _range(comparison: Comparison, contract: Contract) -> tuple[float, float]:
    """Return the range of the scores: 0 to 1 for probabilities."""
    if contract.label.problem != "regression":
        return 0.0, 1.0
    scores = comparison.serving_scores + comparison.shadow_scores
    low, high = min(scores), max(scores)
    return low, high if high > low else low + 1.0
