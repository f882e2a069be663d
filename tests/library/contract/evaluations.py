"""Evaluations of a model, for tests."""

from typing import Any

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.gates import registration_gates


def good_evaluation() -> dict[str, Any]:
    """An evaluation that passes every gate of the test contract."""
    metrics = {"roc_auc": 0.95, "average_precision": 0.8, "recall": 0.6}
    return {
        "metrics": {
            name: {"value": value, "low": value - 0.02, "high": value + 0.02} for name, value in metrics.items()
        },
        "champion": {"difference": {"value": 0.01, "low": -0.01, "high": 0.03}},
        "fairness": {
            "differences": [
                {"feature": feature, "rate": rate, "difference": 0.1, "between": ["1", "2"]}
                for feature in ("VisitorType", "Region")
                for rate in ("false_positive_rate", "true_positive_rate")
            ]
        },
        "latency_milliseconds": {"p50": 0.5, "p99": 1.0},
    }


def evaluation_with(value: Any, *keys: str | int) -> Any:
    """The good evaluation with one value changed, which the keys lead to."""
    evaluation = good_evaluation()
    inner: Any = evaluation
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return evaluation


def failed_gates(contract: Contract, evaluation: Any) -> list[str]:
    """The names of the gates that refuse an evaluation."""
    return [gate.name for gate in registration_gates(contract, evaluation) if not gate.passed]
