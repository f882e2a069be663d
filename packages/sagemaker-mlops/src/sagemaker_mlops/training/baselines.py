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
)
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import EvaluationDocument, IntervalDocument

SAGEMAKER_METRIC_NAMES = {"roc_auc": "auc", "recall": "recall", "precision": "precision", "accuracy": "accuracy"}


def model_quality(
    evaluation: EvaluationDocument, contract: Contract
) -> tuple[StatisticsDocument, QualityConstraintsDocument]:
    """Return statistics and constraints of the model's quality.

    The constraints are the contract's live floors.

    Args:
        evaluation: content of `evaluation.json`.
        contract: contract with the live floors.
    """
    metrics = {
        name: {
            "value": evaluation["metrics"][ours]["value"],
            "standard_deviation": _deviation(evaluation["metrics"][ours], evaluation["confidence"]),
        }
        for ours, name in SAGEMAKER_METRIC_NAMES.items()
    }
    statistics: StatisticsDocument = {
        "version": 0.0,
        "dataset": {"item_count": evaluation["rows"]},
        "features": [],
        "binary_classification_metrics": metrics,
    }
    constraints: dict[str, QualityConstraint] = {
        SAGEMAKER_METRIC_NAMES[limit.metric]: {
            "threshold": limit.minimum,
            "comparison_operator": "LessThanThreshold",
        }
        for limit in contract.gates.live
        if limit.metric in SAGEMAKER_METRIC_NAMES and limit.minimum is not None
    }
    return statistics, {"version": 0.0, "binary_classification_constraints": constraints}


def _deviation(interval: IntervalDocument, confidence: float) -> float:
    """Return the standard deviation of the normal distribution that has this confidence interval."""
    half_width_in_deviations = NormalDist().inv_cdf((1 + confidence) / 2)
    return (interval["high"] - interval["low"]) / 2 / half_width_in_deviations


def bias_report(evaluation: EvaluationDocument) -> BiasDocument:
    """Return the row counts of the groups before training, and their rates and differences after training."""
    counted = ("feature", "group", "rows", "positives", "label_rate")
    before = [{name: group[name] for name in counted} for group in evaluation["fairness"]["groups"]]
    return {
        "version": "1.0",
        "pre_training_bias_metrics": {"groups": before},
        "post_training_bias_metrics": evaluation["fairness"],
    }


def explainability_report(evaluation: EvaluationDocument) -> ExplainabilityDocument:
    """Return the global attributions under the keys that Clarify uses."""
    values = evaluation["attributions"]
    return {"version": "1.0", "explanations": {"kernel_shap": {"label0": {"global_shap_values": values}}}}
