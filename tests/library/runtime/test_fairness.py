import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.gates import is_judged
from sagemaker_mlops.runtime.fairness import group_differences, group_label, group_rates


def sensitive_region(contract: Contract) -> Contract:
    features = [feature.model_copy(update={"sensitive": feature.name == "Region"}) for feature in contract.features]
    return contract.model_copy(update={"features": tuple(features)})


def test_groups_of_a_sensitive_feature_are_numbered(contract: Contract) -> None:
    assert group_label("Region", "3", contract) == "3"
    assert group_label("Region", "3", sensitive_region(contract)) == "group 3"
    assert group_label("Region", "unheard of", sensitive_region(contract)) == "group 0"


def test_rates_are_those_of_each_group(contract: Contract) -> None:
    """100 rows a group: both have 50 positives; of these group 1 finds 40, group 2 finds 10; neither errs otherwise."""
    labels = np.tile(np.arange(100) < 50, 2)
    scores = np.concatenate([np.arange(100) < 40, np.arange(100) < 10]).astype(float)
    rows = pl.DataFrame({"Region": ["1"] * 100 + ["2"] * 100, "VisitorType": ["Other"] * 200})
    groups = group_rates(rows, labels, scores, contract)
    regions = {group["group"]: group for group in groups if group["feature"] == "Region"}
    assert regions["1"]["true_positive_rate"] == pytest.approx(0.8)
    assert regions["2"]["true_positive_rate"] == pytest.approx(0.2)
    assert regions["1"]["positives"] == 50
    differences = {(entry["feature"], entry["rate"]): entry for entry in group_differences(groups, contract)}
    assert differences[("Region", "true_positive_rate")]["difference"] == pytest.approx(0.6)
    assert differences[("Region", "true_positive_rate")]["between"] == ["2", "1"]
    assert differences[("Region", "false_positive_rate")]["difference"] == 0
    assert ("VisitorType", "true_positive_rate") not in differences, "one group cannot differ from itself"


@pytest.mark.parametrize(
    ("rows", "positives", "rate", "judged"),
    [
        (79, 40, "false_positive_rate", False),
        (80, 9, "false_positive_rate", True),
        (80, 9, "true_positive_rate", False),
        (80, 10, "true_positive_rate", True),
        (80, 71, "false_positive_rate", False),
        (80, 70, "false_positive_rate", True),
        (79, 40, "selection_rate", False),
        (80, 0, "selection_rate", True),
        (80, 80, "accuracy", True),
    ],
)
def test_small_groups_are_not_judged(contract: Contract, rows: int, positives: int, rate: str, judged: bool) -> None:
    assert is_judged({"rows": rows, "positives": positives}, rate, contract) is judged
