"""Results of a monitor for a window: violations of the contract, notes and contents of the report."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sagemaker_mlops.contract.documents import MonitorSummary
from sagemaker_mlops.contract.monitors import MonitorKind

# These four check types are Model Monitor's, the other ones are specific to this project.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
COMPLETENESS, RANGE, CATEGORIES, TYPE = (
    "completeness_check",
    "range_check",
    "categorical_values_check",
    "data_type_check",
)
DRIFT, PREDICTION_DRIFT = "baseline_drift_check", "prediction_drift_check"
QUALITY, BIAS, ATTRIBUTION = "model_quality_check", "bias_check", "attribution_drift_check"


@dataclass(frozen=True)
class Violation:
    """Violation of the contract. The description contains no value of a sensitive feature."""

    check: str
    description: str
    feature: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        about = f"version {self.version}: " if self.version else ""
        return f"{about}{self.description}"

    def as_model_monitor(self) -> dict[str, str]:
        """Return the violation as an entry of `constraint_violations.json`."""
        return {
            "feature_name": self.feature or "(all)",
            "constraint_check_type": self.check,
            "description": str(self),
        }


@dataclass(frozen=True)
class Table:
    """Table of the report. `broken` holds the positions of the rows that show a violation."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    broken: frozenset[int] = frozenset()
    explanation: str = ""


@dataclass(frozen=True)
class Histogram:
    """Histogram of the report: shares of the baseline and of the window in each bucket."""

    title: str
    names: tuple[str, ...]
    baseline: tuple[float, ...]
    window: tuple[float, ...]


@dataclass
class Findings:
    """Findings of one monitor about one version, or about the whole window if `version` is None."""

    version: str | None = None
    judged: bool = False  # True if anything was checked
    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)
    statistics: dict[str, Any] | None = None


@dataclass(frozen=True)
class Analysis:
    """Result of one kind of monitor for one window."""

    kind: MonitorKind
    endpoint: str
    start: datetime
    end: datetime
    rows: int
    findings: tuple[Findings, ...]

    @property
    def is_judged(self) -> bool:
        """True if anything was checked. An empty window, or one without new labels, has no result."""
        return bool(self.violations) or any(one.judged for one in self.findings)

    @property
    def violations(self) -> list[Violation]:
        """Violations of all versions."""
        return [violation for one in self.findings for violation in one.violations]

    @property
    def notes(self) -> list[str]:
        """Notes on all versions, each with its version."""
        named = [(f"version {one.version}: " if one.version else "", one.notes) for one in self.findings]
        return [f"{name}{note}" for name, notes in named for note in notes]

    @property
    def metrics(self) -> dict[str, float]:
        """Worst value of each metric over all versions. A larger value is worse."""
        names = {name for one in self.findings for name in one.metrics}
        return {name: max(one.metrics[name] for one in self.findings if name in one.metrics) for name in names}

    def summary(self) -> MonitorSummary:
        """Return the JSON-ready summary that other commands read."""
        return {
            "kind": self.kind,
            "endpoint": self.endpoint,
            "window_start": self.start.isoformat(),
            "window_end": self.end.isoformat(),
            "rows": self.rows,
            "is_judged": self.is_judged,
            "versions": sorted({one.version for one in self.findings if one.version}),
            "violations": [{**asdict(violation), "text": str(violation)} for violation in self.violations],
            "notes": self.notes,
            "metrics": self.metrics,
        }
