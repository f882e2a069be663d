"""Charts of the reports as SVG text, small enough to read on a phone."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("svg")

from matplotlib import pyplot
from matplotlib.axes import Axes

from sagemaker_mlops.contract.baseline_documents import NumberBucket
from sagemaker_mlops.contract.documents import EvaluationDocument

CHALLENGER, CHAMPION, NEUTRAL = "#0b6e99", "#d9730d", "#9b9a97"
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#787774",
    "axes.labelcolor": "#37352f",
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
}
SIZE_INCHES = (3.9, 3.1)
MOST_NUMBERED = 12  # categories of a matrix whose cells have numbers


class Chart:
    """Matplotlib chart: draw on `axes`, then call `svg`."""

    def __init__(self, size_inches: tuple[float, float] = SIZE_INCHES) -> None:
        with pyplot.rc_context(STYLE):
            self.figure, axes = pyplot.subplots(figsize=size_inches, layout="constrained")
        self.axes: Axes = axes

    def svg(self, description: str) -> str:
        """Return the chart as an SVG element with a description for screen readers, and close the figure."""
        buffer = io.StringIO()
        with pyplot.rc_context(STYLE):
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(self.figure)
        element = buffer.getvalue()
        element = element[element.index("<svg") :]
        return element.replace("<svg", f'<svg role="img" aria-label="{description}"', 1)


def curve_chart(curves: dict[str, Any], name: str, *, labels: tuple[str, str], diagonal: bool) -> str:
    """Draw one curve of the challenger and, if there is one, of the champion, and return it as SVG.

    Args:
        curves: Points by model, as in `evaluation.json`.
        name: Name of the curve: `roc`, `precision_recall` or `calibration`.
        labels: Labels of the x and y axis.
        diagonal: Draw the diagonal, which is the line of chance or of perfect calibration.
    """
    chart = Chart()
    if diagonal:
        chart.axes.plot([0, 1], [0, 1], color=NEUTRAL, linewidth=0.8, linestyle="--")
    marker = "o" if name == "calibration" else None
    for model, colour in (("challenger", CHALLENGER), ("champion", CHAMPION)):
        if model in curves:
            points = curves[model][name]
            chart.axes.plot(points["x"], points["y"], color=colour, label=model, marker=marker, markersize=3.5)
    chart.axes.set(xlabel=labels[0], ylabel=labels[1], xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    chart.axes.legend(frameon=False, loc="best")
    return chart.svg(f"{name.replace('_', ' ')} curve")


def interval_chart(evaluation: EvaluationDocument, names: list[str]) -> str:
    """Draw metrics with their intervals, for the challenger and the champion, and return the chart as SVG."""
    chart = Chart((3.9, 0.55 * len(names) + 0.8))
    models = [("challenger", CHALLENGER, evaluation["metrics"], 0.13)]
    if evaluation["champion"]:
        models.append(("champion", CHAMPION, evaluation["champion"]["metrics"], -0.13))
    for label, colour, metrics, offset in models:
        shift = offset if len(models) > 1 else 0.0
        for position, name in enumerate(reversed(names)):
            value = metrics[name]
            chart.axes.plot([value["low"], value["high"]], [position + shift] * 2, color=colour, linewidth=2)
            chart.axes.plot(
                value["value"],
                position + shift,
                "o",
                color=colour,
                markersize=5,
                label=label if position == 0 else None,
            )
    chart.axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in reversed(names)])
    chart.axes.set_ylim(-0.6, len(names) - 0.4)
    if len(models) > 1:
        chart.axes.legend(frameon=False, loc="best")
    return chart.svg("metrics with intervals")


def threshold_chart(evaluation: EvaluationDocument) -> str:
    """Draw precision and recall by threshold as SVG, or return nothing for other problems."""
    points = evaluation["curves"]["challenger"].get("thresholds")
    if points is None:
        return ""
    chart = Chart()
    for name, colour in (("precision", CHALLENGER), ("recall", CHAMPION)):
        chart.axes.plot(points["x"], points[name], color=colour, label=name)
    chart.axes.axvline(evaluation["threshold"], color=NEUTRAL, linewidth=0.8, linestyle="--")
    chart.axes.set(xlabel="threshold (dashed: the contract's)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    chart.axes.legend(frameon=False, loc="best")
    return chart.svg("precision and recall by threshold")


def confusion_chart(confusion: Mapping[str, Any] | None) -> str:
    """Draw the numbers of rows by label and prediction as SVG, or return nothing without them."""
    if confusion is None:
        return ""
    names, counts = [escaped(name) for name in confusion["names"]], np.asarray(confusion["counts"], dtype=float)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    chart = Chart((max(2.4, 0.5 * len(names) + 1.2), max(2.2, 0.45 * len(names) + 1.0)))
    chart.axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= MOST_NUMBERED:
        for row, column in np.ndindex(counts.shape):
            dark = shares[row, column] > 0.5
            chart.axes.text(
                column, row, f"{counts[row, column]:,.0f}", ha="center", va="center", color="white" if dark else "black"
            )
    chart.axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    chart.axes.set_yticks(range(len(names)), names)
    chart.axes.set(xlabel="predicted", ylabel="label")
    return chart.svg("numbers of rows by label and prediction")


def predicted_chart(points: Mapping[str, Any] | None) -> str:
    """Draw predicted against actual numbers as SVG, or return nothing without them."""
    if points is None:
        return ""
    chart = Chart()
    ends = [min(*points["x"], *points["y"]), max(*points["x"], *points["y"])]
    chart.axes.plot(ends, ends, color=NEUTRAL, linewidth=0.8, linestyle="--")
    chart.axes.scatter(points["x"], points["y"], s=7, color=CHALLENGER, alpha=0.4, linewidths=0)
    chart.axes.set(xlabel="actual", ylabel="predicted")
    return chart.svg("predicted and actual numbers")


def error_chart(curves: Mapping[str, Any]) -> str:
    """Draw the distribution of the errors of challenger and champion as SVG, or return nothing without them."""
    if "errors" not in curves["challenger"]:
        return ""
    chart = Chart()
    for model, colour in (("challenger", CHALLENGER), ("champion", CHAMPION)):
        if model in curves:
            errors = curves[model]["errors"]
            chart.axes.stairs(errors["counts"], errors["edges"], color=colour, label=model)
    chart.axes.axvline(0, color=NEUTRAL, linewidth=0.8, linestyle="--")
    chart.axes.set(xlabel="predicted minus actual", ylabel="rows")
    chart.axes.legend(frameon=False, loc="best")
    return chart.svg("distribution of the errors")


def escaped(name: str) -> str:
    """Return a text that matplotlib does not read as a formula."""
    return name.replace("$", r"\$")


def group_chart(groups: list[dict[str, Any]], rate: str) -> str:
    """Draw one rate for every group of a feature, with its interval, and return the chart as SVG."""
    chart = Chart((3.9, 0.3 * len(groups) + 0.9))
    colours = [CHALLENGER if group["judged"] else "#cfe3ec" for group in groups]
    values = np.array([group[rate] for group in groups])
    ends = np.array([group["interval"] for group in groups]).T
    whiskers = np.maximum(0, [values - ends[0], ends[1] - values])
    chart.axes.barh(range(len(groups)), values, color=colours, height=0.65, xerr=whiskers, ecolor=NEUTRAL, capsize=2)
    chart.axes.set_yticks(range(len(groups)), [escaped(f"{group['group']} ({group['rows']:,})") for group in groups])
    chart.axes.invert_yaxis()
    chart.axes.set_xlabel(rate.replace("_", " "))
    return chart.svg(f"{rate.replace('_', ' ')} by group")


def attribution_chart(attributions: dict[str, float], most: int = 10) -> str:
    """Draw the largest feature attributions and return the chart as SVG."""
    strongest = sorted(attributions.items(), key=lambda item: item[1])[-most:]
    chart = Chart((3.9, 0.28 * len(strongest) + 0.8))
    chart.axes.barh([name for name, _ in strongest], [value for _, value in strongest], color=CHALLENGER, height=0.65)
    chart.axes.set_xlabel("mean absolute attribution")
    return chart.svg("feature attributions")


def histogram(buckets: list[NumberBucket]) -> str:
    """Draw a small histogram of one numeric column and return it as SVG."""
    chart = Chart((1.5, 0.42))
    chart.axes.bar(range(len(buckets)), [bucket["count"] for bucket in buckets], color=CHALLENGER, width=0.9)
    chart.axes.set_axis_off()
    return chart.svg("distribution")
