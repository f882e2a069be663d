"""Baselines in the formats that SageMaker's registry and monitors read.

Formats: AWS, SageMaker developer guide, "Model Quality Metrics" (statistics and constraints) and Clarify's
`analysis.json`. AWS publishes no full schema of these files, so other readers may require more keys.
"""

from statistics import NormalDist

from sagemaker_mlops.contract.baseline_documents import (
    BiasDocument,
    ExplainabilityDocument,
    QualityConstraint,
    QualityConstraintsDocument,
    StatisticsDocument,
    quality_constraints,
    quality_statistics,
)
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import EvaluationDocument, IntervalDocument
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.limits import MetricLimit

# Our name and SageMaker's. Both have others that have no counterpart.
SAGEMAKER_METRIC_NAMES: dict[ProblemType, dict[str, str]] = {
    "binary": {"roc_auc": "auc", "recall": "recall", "precision": "precision", "accuracy": "accuracy"},
    "multiclass": {"accuracy": "accuracy"},
    "regression": {"mean_absolute_error": "mae", "root_mean_squared_error": "rmse", "r2": "r2"},
}


def model_quality(
    evaluation: EvaluationDocument, contract: Contract
) -> tuple[StatisticsDocument, QualityConstraintsDocument]:
    """Return statistics and constraints of the model's quality.

    The constraints are the contract's live floors.

    Args:
        evaluation: content of `evaluation.json`.
        contract: contract with the live floors.
    """
    problem = contract.label.problem
    names = SAGEMAKER_METRIC_NAMES[problem]
    metrics = {
        name: {
            "value": evaluation["metrics"][ours]["value"],
            "standard_deviation": _deviation(evaluation["metrics"][ours], evaluation["confidence"]),
        }
        for ours, name in names.items()
    }
    constraints = {names[limit.metric]: _constraint(limit) for limit in contract.gates.live if limit.metric in names}
    return quality_statistics(problem, metrics, evaluation["rows"]), quality_constraints(problem, constraints)


def _constraint(limit: MetricLimit) -> QualityConstraint:
    if limit.minimum is not None:
        return {"threshold": limit.minimum, "comparison_operator": "LessThanThreshold"}
    return {"threshold": limit.maximum or 0.0, "comparison_operator": "GreaterThanThreshold"}


def _deviation(interval: IntervalDocument, confidence: float) -> float:
    """Return the standard deviation of the normal distribution that has this confidence interval."""
    half_width_in_deviations = NormalDist().inv_cdf((1 + confidence) / 2)
    return (interval["high"] - interval["low"]) / 2 / half_width_in_deviations


def bias_report(evaluation: EvaluationDocument) -> BiasDocument:
    """Return the row counts of the groups before training, and their rates and differences after training."""
    counted = ("feature", "group", "rows", "positives", "label_rate", "rows_by_category", "mean_label")
    groups = evaluation["fairness"]["groups"]
    before = [{name: group[name] for name in counted if name in group} for group in groups]
    return {
        "version": "1.0",
        "pre_training_bias_metrics": {"groups": before},
        "post_training_bias_metrics": evaluation["fairness"],
    }


def explainability_report(evaluation: EvaluationDocument) -> ExplainabilityDocument:
    """Return the global attributions under the keys that Clarify uses."""
    values = evaluation["attributions"]
    return {"version": "1.0", "explanations": {"kernel_shap": {"label0": {"global_shap_values": values}}}}
