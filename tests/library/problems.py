"""Contracts of the other problems on the sample: the kind of a visitor, and the seconds on product pages."""

from typing import Any

from sagemaker_mlops.contract.contract import Contract

CATEGORIES = ("New_Visitor", "Returning_Visitor", "Other")


def as_multiclass(contract: Contract) -> Contract:
    """The contract with the kind of a visitor as the label."""
    label = {"name": "VisitorType", "problem": "multiclass", "categories": CATEGORIES}
    floors = [{"metric": "accuracy", "minimum": 0.8}, {"metric": "macro_roc_auc", "minimum": 0.7}]
    return _changed(
        contract,
        label,
        gates={"registration": floors, "live": [{"metric": "accuracy", "minimum": 0.75}]},
        champion={"metric": "macro_roc_auc", "rule": "not_worse", "maximum_loss": 0.1},
        rates=[
            {"rate": "accuracy", "maximum_difference": 0.3},
            {"rate": "true_positive_rate", "maximum_difference": 1},
        ],
    )


def as_regression(contract: Contract) -> Contract:
    """The contract with the seconds on product pages as the label."""
    label = {"name": "ProductRelated_Duration", "problem": "regression", "minimum": 0}
    floors = [{"metric": "mean_absolute_error", "maximum": 700}, {"metric": "r2", "minimum": 0.3}]
    return _changed(
        contract,
        label,
        gates={"registration": floors, "live": [{"metric": "mean_absolute_error", "maximum": 900}]},
        champion={"metric": "mean_absolute_error", "rule": "not_worse", "maximum_loss": 60},
        rates=[
            {"rate": "mean_absolute_error", "maximum_difference": 900},
            {"rate": "mean_error", "maximum_difference": 900},
        ],
    )


def _changed(contract: Contract, label: dict[str, Any], *, gates: Any, champion: Any, rates: Any) -> Contract:
    content = contract.model_dump(mode="json", exclude_unset=True)
    features = [feature for feature in content["features"] if feature["name"] != label["name"]]
    fairness = {"groups": ["Region"], "minimum_rows": 80, "minimum_positives": 10, "limits": rates}
    drift = content["drift"]
    changed = {"label": label, "features": features, "gates": gates, "champion": champion, "fairness": fairness}
    latency = {"p99_milliseconds": 400}  # other tests share the cores
    return Contract.model_validate({**content, **changed, "drift": drift, "latency": latency})
