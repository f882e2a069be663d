"""Types and places of the JSON documents that training steps write and monitors, reports and releases read.

The types are checked by mypy; at run time the documents are dictionaries.
"""

from typing import Any, NotRequired, TypedDict

from sagemaker_mlops.contract.labels import ProblemType

# Places below the prefix of an execution, runs/<execution id>.
VALIDATION_FILE = "validation/validation.json"
PROFILE_FILE = "profile/statistics.json"
EVALUATION_FILE = "evaluation/evaluation.json"
GATES_FILE = "evaluation/gates.json"
LINEAGE_FILE = "evaluation/lineage.json"
SMOKE_TEST_FILE = "evaluation/smoke_test.json"
VERSION_CONTRACT_FILE = "evaluation/contract.json"


class IntervalDocument(TypedDict):
    """Value of a metric with its confidence interval."""

    value: float
    low: float
    high: float


class DifferenceDocument(IntervalDocument):
    """Paired difference of challenger and champion in one metric."""

    metric: str


class ChampionDocument(TypedDict):
    """The champion on the challenger's hold-out rows."""

    metrics: dict[str, IntervalDocument]
    difference: DifferenceDocument
    model_package_arn: NotRequired[str]


class RateDifference(TypedDict):
    """Largest difference of a rate between two groups of a feature.

    With a label of categories, `rate` names one of them, such as `true_positive_rate of B`. A true difference between
    the two groups that is at least `detectable` is found in four of five samples of this size.
    """

    feature: str
    rate: str
    difference: float
    between: list[str]
    detectable: NotRequired[float]


class FairnessDocument(TypedDict):
    """Rates of every group, and their largest differences. A group has one key for each rate."""

    groups: list[dict[str, Any]]
    differences: list[RateDifference]


class LatencyDocument(TypedDict):
    """Latency of single predictions in milliseconds."""

    p50: float
    p99: float


class EvaluationDocument(TypedDict):
    """Content of evaluation.json: the challenger on the hold-out rows.

    `curves` has points by model and curve, `attributions` the mean absolute SHAP value by feature. `outcomes` describes
    the labels of the rows. `positives` and `threshold` are those of a binary problem.
    """

    problem: NotRequired[ProblemType]
    rows: int
    outcomes: NotRequired[str]
    positives: NotRequired[int]
    threshold: NotRequired[float]
    confidence: float
    metrics: dict[str, IntervalDocument]
    champion: ChampionDocument | None
    fairness: FairnessDocument
    latency_milliseconds: LatencyDocument
    curves: dict[str, Any]
    attributions: dict[str, float]


def described_outcomes(evaluation: EvaluationDocument) -> str:
    """Return what the labels of the hold-out rows are, also for evaluations of earlier versions of the library."""
    return evaluation.get("outcomes") or f"{evaluation.get('positives', 0):,} positive"


class GateDocument(TypedDict):
    """Outcome of one gate."""

    name: str
    passed: bool
    promised: str
    measured: str
    advice: str


class GatesDocument(TypedDict):
    """Content of gates.json, which the condition CheckGates and the registration read."""

    passed: bool
    reason: str
    gates: list[GateDocument]
    data_sha256: str
    contract_sha256: str


class ManifestObject(TypedDict):
    """One object of a training's data, below the data prefix."""

    name: str
    version_id: str
    size_bytes: int


class ManifestDocument(TypedDict):
    """Content of a manifest: the objects that a training reads."""

    window: tuple[str, str]
    objects: list[ManifestObject]


class FileDocument(TypedDict):
    """One file that a step has read."""

    name: str
    sha256: str
    size_bytes: int
    rows: int


class LineageObject(ManifestObject):
    """One object of a training's data, with the hash and the rows of what was read."""

    sha256: str
    rows: int


class DataLineage(TypedDict):
    """Lineage of the data: every object, and one hash of all."""

    sha256: str
    objects: list[LineageObject]


class LineageDocument(TypedDict):
    """Content of lineage.json: what a version was made from, and why."""

    git_sha: str
    image: str
    parent_model: str
    trigger: str
    trigger_id: str
    window_start: str
    window_end: str
    contract_sha256: str
    hyperparameters: dict[str, Any]
    data: DataLineage


class ShiftDocument(TypedDict):
    """Distance of a feature from the champion's training data."""

    name: str
    distance: float


class SmokeTestDocument(TypedDict):
    """Hold-out records in the format of requests, with the scores that a release expects.

    A score is a number, or one for each category of the label.
    """

    records: list[dict[str, Any]]
    scores: list[Any]


class MonitorSummary(TypedDict):
    """Result of a monitor for a window, as commands and alarms read it."""

    kind: str
    endpoint: str
    window_start: str
    window_end: str
    rows: int
    is_judged: bool
    versions: list[str]
    violations: list[dict[str, Any]]
    notes: list[str]
    metrics: dict[str, float]
    report_uri: NotRequired[str]
