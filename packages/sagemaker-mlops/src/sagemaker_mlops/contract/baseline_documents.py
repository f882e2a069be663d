"""Types of the baselines of a version, which the registry keeps with it and monitors and reports read.

`statistics.json` and `constraints.json` have the formats of Model Monitor.
Source: AWS, SageMaker developer guide, "Schema for Statistics", "Schema for Constraints" and "Model Quality Metrics".
"""

from typing import Any, Literal, NotRequired, TypedDict, cast

from sagemaker_mlops.contract.documents import FairnessDocument
from sagemaker_mlops.contract.labels import ProblemType


class ValueCounts(TypedDict):
    """Number of present and of missing values of a column."""

    num_present: int
    num_missing: int


class NumberBucket(TypedDict):
    """Bar of a histogram."""

    lower_bound: float
    upper_bound: float
    count: int


class Sketch(TypedDict):
    """Sample of a column's values, sorted, in the first list of `data`."""

    parameters: dict[str, float]
    data: list[list[float]]


class Kll(TypedDict):
    """Histogram of a column, and in a baseline a sample of its values."""

    buckets: list[NumberBucket]
    sketch: NotRequired[Sketch]


class NumberDistribution(TypedDict):
    """Distribution of a numeric column."""

    kll: Kll


class NumberStatistics(TypedDict):
    """Statistics of a numeric column. One without values has only `common`."""

    common: ValueCounts
    mean: NotRequired[float]
    sum: NotRequired[float]
    std_dev: NotRequired[float]
    min: NotRequired[float]
    max: NotRequired[float]
    distribution: NotRequired[NumberDistribution]


class CategoryBucket(TypedDict):
    """Number of rows with a category."""

    value: str
    count: int


class CategoryBuckets(TypedDict):
    """Counts of all categories, by name."""

    buckets: list[CategoryBucket]


class CategoryDistribution(TypedDict):
    """Distribution of a column with categories."""

    categorical: CategoryBuckets


class CategoryStatistics(TypedDict):
    """Statistics of a column with categories. A monitor's report of a sensitive one has only `common`."""

    common: ValueCounts
    distinct_count: NotRequired[int]
    distribution: NotRequired[CategoryDistribution]


class ColumnStatistics(TypedDict):
    """Entry of a column: numbers or categories."""

    name: str
    inferred_type: Literal["Integral", "Fractional", "String", "Unknown"]
    numerical_statistics: NotRequired[NumberStatistics]
    string_statistics: NotRequired[CategoryStatistics]


class DatasetSize(TypedDict):
    """Number of rows."""

    item_count: int


class StatisticsDocument(TypedDict):
    """Content of statistics.json: a table's columns, and in a model's quality baseline its metrics."""

    version: float
    dataset: DatasetSize
    features: list[ColumnStatistics]
    binary_classification_metrics: NotRequired[dict[str, dict[str, float]]]
    multiclass_classification_metrics: NotRequired[dict[str, dict[str, float]]]
    regression_metrics: NotRequired[dict[str, dict[str, float]]]


class QualityConstraint(TypedDict):
    """Threshold of a metric."""

    threshold: float
    comparison_operator: str


class QualityConstraintsDocument(TypedDict):
    """Content of the constraints.json of a model's quality."""

    version: float
    binary_classification_constraints: NotRequired[dict[str, QualityConstraint]]
    multiclass_classification_constraints: NotRequired[dict[str, QualityConstraint]]
    regression_constraints: NotRequired[dict[str, QualityConstraint]]


# Begin of the keys of a problem's metrics and constraints.
QUALITY_SECTIONS: dict[ProblemType, str] = {
    "binary": "binary_classification",
    "multiclass": "multiclass_classification",
    "regression": "regression",
}


def quality_statistics(problem: ProblemType, metrics: dict[str, dict[str, float]], rows: int) -> StatisticsDocument:
    """Return the statistics.json of a model's quality, without columns.

    Args:
        problem: type of the label.
        metrics: value and standard deviation of each metric.
        rows: number of rows that they were measured on.
    """
    document = {"version": 0.0, "dataset": {"item_count": rows}, "features": []}
    return cast(StatisticsDocument, document | {f"{QUALITY_SECTIONS[problem]}_metrics": metrics})


def quality_constraints(problem: ProblemType, constraints: dict[str, QualityConstraint]) -> QualityConstraintsDocument:
    """Return the constraints.json of a model's quality."""
    document = {"version": 0.0, f"{QUALITY_SECTIONS[problem]}_constraints": constraints}
    return cast(QualityConstraintsDocument, document)


class CountsBeforeTraining(TypedDict):
    """Rows and positives of each group."""

    groups: list[dict[str, Any]]


class BiasDocument(TypedDict):
    """Content of the bias baseline's analysis.json."""

    version: str
    pre_training_bias_metrics: CountsBeforeTraining
    post_training_bias_metrics: FairnessDocument


class GlobalAttributions(TypedDict):
    """Mean absolute SHAP value of each feature."""

    global_shap_values: dict[str, float]


class ExplainabilityDocument(TypedDict):
    """Content of the explainability baseline's analysis.json, under Clarify's keys: explanations, method, label."""

    version: str
    explanations: dict[str, dict[str, GlobalAttributions]]
