"""Sections of a training's report, built from its documents, without values of sensitive features."""

from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.contract.baseline_documents import ColumnStatistics
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import EvaluationDocument
from sagemaker_mlops.contract.gates import is_judged, limited_keys
from sagemaker_mlops.contract.limits import LOWER_IS_BETTER, MAY_BE_NEGATIVE
from sagemaker_mlops.delivery.execution import ExecutionState, StepState
from sagemaker_mlops.delivery.report import charts
from sagemaker_mlops.delivery.report.documents import Documents
from sagemaker_mlops.runtime.fairness import rate_interval


@dataclass(frozen=True)
class Curve:
    """How a curve of the evaluation is drawn."""

    name: str
    labels: tuple[str, str]
    diagonal: bool


CURVES = {
    "ROC curve": Curve("roc", ("false positive rate", "true positive rate"), diagonal=True),
    "Precision and recall": Curve("precision_recall", ("recall", "precision"), diagonal=False),
    "Calibration": Curve("calibration", ("predicted probability", "observed share"), diagonal=True),
}


@dataclass(frozen=True)
class StepBox:
    """One step in the pipeline graph; position and width are percentages of the total time."""

    name: str
    status: str
    seconds: float | None
    left_percent: float
    width_percent: float


def step_columns(documents: Documents) -> list[list[StepBox]]:
    """Return every step of the pipeline, run or not, with its share of the time.

    Returns:
        Columns of steps; the steps of one column can run at the same time.
    """
    by_name = {step.name: step for step in documents.execution.steps}
    begin, total_seconds = _time_span(documents.execution)
    return [
        [_step_box(name, by_name.get(name), begin, total_seconds) for name in column] for column in documents.columns
    ]


def _time_span(execution: ExecutionState) -> tuple[float, float]:
    if not execution.steps:
        return 0.0, 1.0
    begin = min(step.started.timestamp() for step in execution.steps)
    end = max(step.started.timestamp() + step.seconds for step in execution.steps)
    return begin, max(end - begin, 0.001)


def _step_box(name: str, step: StepState | None, begin: float, total_seconds: float) -> StepBox:
    if step is None:
        return StepBox(name, "not run", None, 0.0, 0.0)
    left = 100 * (step.started.timestamp() - begin) / total_seconds
    width = max(0.6, 100 * step.seconds / total_seconds)
    return StepBox(name, step.status, step.seconds, left, min(width, 100 - left))


def profile_rows(documents: Documents, contract: Contract) -> list[dict[str, Any]]:
    """Return one row for every feature: type, missing values, shift, summary and histogram.

    Rows of sensitive features have no summary and no histogram.
    """
    if documents.profile is None:
        return []
    shifts = {shift["name"]: shift["distance"] for shift in (documents.validation or {}).get("shifts", [])}
    return [_profile_row(feature, contract, shifts) for feature in documents.profile["features"]]


def _profile_row(feature: ColumnStatistics, contract: Contract, shifts: dict[str, float]) -> dict[str, Any]:
    numbers, categories = feature.get("numerical_statistics"), feature.get("string_statistics")
    common = (numbers or feature["string_statistics"])["common"]
    row = {
        "name": feature["name"],
        "type": contract.feature(feature["name"]).type,
        "missing": common["num_missing"],
        "shift": shifts.get(feature["name"]),
        "summary": "",
        "picture": "",
    }
    if feature["name"] in contract.sensitive_names:
        return {**row, "summary": "sensitive: not shown"}
    if numbers and "mean" in numbers:
        row["summary"] = f"mean {numbers['mean']:,.4g}, {numbers['min']:,.6g} to {numbers['max']:,.6g}"
        row["picture"] = charts.histogram(numbers["distribution"]["kll"]["buckets"])
    elif categories and "distribution" in categories:
        buckets = sorted(categories["distribution"]["categorical"]["buckets"], key=lambda bucket: -bucket["count"])
        total = sum(bucket["count"] for bucket in buckets) or 1
        row["summary"] = ", ".join(f"{bucket['value']} {_share(bucket['count'] / total)}" for bucket in buckets[:3])
    return row


def _share(fraction: float) -> str:
    return "<1%" if 0 < fraction < 0.005 else f"{fraction:.0%}"


def outcome(documents: Documents) -> str:
    """Return the outcome of the training; `Refused` if the data checks or the gates did not pass."""
    refused_data = documents.validation is not None and not documents.validation["passed"]
    rejected = documents.gates is not None and not documents.gates["passed"]
    return "Refused" if refused_data or rejected else documents.execution.status


def metric_rows(evaluation: EvaluationDocument) -> list[dict[str, Any]]:
    """Return every metric of the challenger and the champion with its interval."""
    champion = evaluation["champion"]["metrics"] if evaluation["champion"] else {}
    return [
        {"name": name.replace("_", " "), "challenger": value, "champion": champion.get(name)}
        for name, value in evaluation["metrics"].items()
    ]


def evaluation_charts(evaluation: EvaluationDocument) -> list[dict[str, str]]:
    """Return the charts of the evaluation with their titles; which ones depends on the type of the label."""
    curves, attributions = evaluation["curves"], evaluation["attributions"]
    shares = [name for name in evaluation["metrics"] if name not in LOWER_IS_BETTER | MAY_BE_NEGATIVE]
    drawn = {
        "Metrics with intervals": charts.interval_chart(evaluation, shares) if shares else "",
        **{title: _curve(curves, title) for title in CURVES},
        "Precision and recall by threshold": charts.threshold_chart(evaluation),
        "Labels and predictions": charts.confusion_chart(curves["challenger"].get("confusion")),
        "Predicted and actual": charts.predicted_chart(curves["challenger"].get("predicted")),
        "Errors": charts.error_chart(curves),
        "What moves the score": charts.attribution_chart(attributions) if attributions else "",
    }
    return [{"title": title, "svg": svg} for title, svg in drawn.items() if svg]


def _curve(curves: dict[str, Any], title: str) -> str:
    curve = CURVES[title]
    if curve.name not in curves["challenger"]:
        return ""
    return charts.curve_chart(curves, curve.name, labels=curve.labels, diagonal=curve.diagonal)


def fairness_sections(evaluation: EvaluationDocument, contract: Contract) -> list[dict[str, Any]]:
    """Return one section for every fairness feature, with its groups and one chart for every limited rate."""
    sections = []
    for feature in contract.fairness.groups:
        groups = [group for group in evaluation["fairness"]["groups"] if group["feature"] == feature]
        keys = limited_keys(feature, contract)
        drawn = [
            {"title": key.replace("_", " "), "svg": charts.group_chart(_judged(groups, key, contract), key)}
            for key in keys
        ]
        sections.append({"feature": feature, "groups": groups, "rates": _rates(groups), "charts": drawn})
    return sections


def _judged(groups: list[dict[str, Any]], rate: str, contract: Contract) -> list[dict[str, Any]]:
    confidence = contract.gates.confidence
    return [
        {**group, "judged": is_judged(group, rate, contract), "interval": rate_interval(group, rate, confidence)}
        for group in groups
    ]


def _rates(groups: list[dict[str, Any]]) -> list[str]:
    """Return the keys of the figures that the groups have, in their order."""
    return [key for key, value in groups[0].items() if isinstance(value, float)] if groups else []
