from typing import Any

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.gates import is_judged, rate_keys, rows_of_rate
from sagemaker_mlops.runtime.fairness import group_differences, group_label, group_rates, rate_interval, rate_variance

from tests.library.problems import as_multiclass, as_regression


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


def rates_of(
    labels: list[bool], scores: list[float], contract: Contract, **columns: list[object]
) -> list[dict[str, Any]]:
    """The groups of some rows, of which every column that is not given has one value."""
    same: dict[str, list[object]] = {name: ["1"] * len(labels) for name in contract.fairness.groups}
    return group_rates(pl.DataFrame({**same, **columns}), np.array(labels), np.array(scores), contract)


def test_every_figure_of_a_group(contract: Contract) -> None:
    labels, scores = [True] * 3 + [False] * 4, [0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1]
    first, second = rates_of(labels, scores, contract)
    assert (first.pop("feature"), second.pop("feature")) == ("VisitorType", "Region")
    assert first == second
    assert first == {
        "group": "1",
        "rows": 7,
        "positives": 3,
        "label_rate": pytest.approx(3 / 7),
        "true_positive_rate": pytest.approx(1 / 3),
        "false_positive_rate": pytest.approx(1 / 4),
        "selection_rate": pytest.approx(2 / 7),
        "accuracy": pytest.approx(4 / 7),
    }


@pytest.mark.parametrize(("score", "rate"), [(0.4999, 0.0), (0.5, 1.0), (0.5001, 1.0)])
def test_a_score_at_the_threshold_counts_as_positive(contract: Contract, score: float, rate: float) -> None:
    assert contract.gates.decision_threshold == 0.5
    assert rates_of([True, False], [score, score], contract)[0]["selection_rate"] == rate


def test_rows_without_a_value_are_a_group_too_and_a_group_may_have_one_row(contract: Contract) -> None:
    found = rates_of([True, False, False], [0.9] * 3, contract, Region=[None, "2", "2"])
    assert [(one["group"], one["rows"], one["positives"], one["label_rate"]) for one in found[1:]] == [
        ("2", 2, 0, 0.0),
        ("missing", 1, 1, 1.0),
    ]


def test_groups_of_a_sensitive_boolean_are_numbered(contract: Contract) -> None:
    features = [feature.model_copy(update={"sensitive": feature.name == "Weekend"}) for feature in contract.features]
    sensitive = contract.model_copy(
        update={
            "features": tuple(features),
            "fairness": contract.fairness.model_copy(update={"groups": ("Weekend",)}),
        }
    )
    found = rates_of([True] * 3, [0.9] * 3, sensitive, Weekend=[True, False, True])
    assert [(one["group"], one["rows"]) for one in found] == [("group 1", 1), ("group 2", 2)]


def group(name: str, rate: float, rows: int = 80, positives: int = 10, feature: str = "Region") -> dict[str, Any]:
    """A group that is just large enough to be judged, unless told otherwise."""
    rates = {"true_positive_rate": rate, "false_positive_rate": rate / 10}
    return {"feature": feature, "group": name, "rows": rows, "positives": positives, **rates}


@pytest.mark.parametrize(
    ("groups", "rate", "difference"),
    [
        ([group("1", 0.5), group("2", 0.2)], "true_positive_rate", (0.3, ["2", "1"])),
        ([group("1", 0.5), group("2", 0.2), group("3", 0.9)], "true_positive_rate", (0.7, ["2", "3"])),
        ([group("1", 0.5), group("2", 0.2), group("3", 0.9)], "false_positive_rate", (0.07, ["2", "3"])),
        ([group("1", 0.5), group("2", 0.2), group("3", 0.9, positives=9)], "true_positive_rate", (0.3, ["2", "1"])),
        ([group("1", 0.5), group("2", 0.2), group("3", 0.9, positives=9)], "false_positive_rate", (0.07, ["2", "3"])),
        (
            [group("1", 0.5), group("2", 0.2), group("3", 0.9, feature="Browser")],
            "true_positive_rate",
            (0.3, ["2", "1"]),
        ),
        ([group("1", 0.5), group("2", 0.2, rows=79)], "true_positive_rate", None),
        ([group("1", 0.5), group("2", 0.2, feature="VisitorType")], "true_positive_rate", None),
        ([group("1", 0.5), group("2", 0.2, positives=9)], "true_positive_rate", None),
        ([group("1", 0.5), group("2", 0.2, positives=9)], "false_positive_rate", (0.03, ["2", "1"])),
        ([group("1", 0.5), group("2", 0.2, positives=71)], "true_positive_rate", (0.3, ["2", "1"])),
        ([group("1", 0.5), group("2", 0.2, positives=71)], "false_positive_rate", None),
    ],
)
def test_the_difference_is_between_the_lowest_and_the_highest_of_the_large_groups(
    contract: Contract, groups: list[dict[str, Any]], rate: str, difference: tuple[float, list[str]] | None
) -> None:
    found = [
        (one["difference"], one["between"])
        for one in group_differences(groups, contract)
        if one["feature"] == "Region" and one["rate"] == rate
    ]
    assert found == ([(pytest.approx(difference[0]), difference[1])] if difference else [])


def test_figures_of_a_label_with_categories_are_those_of_each(contract: Contract) -> None:
    """New_Visitor: 2 of 3 found; Returning_Visitor: 1 of 1; Other: 0 of 1, and one row wrongly."""
    labels = np.array([0, 0, 0, 1, 2])
    scores = np.eye(3)[[0, 0, 2, 1, 0]]
    (found,) = group_rates(pl.DataFrame({"Region": ["1"] * 5}), labels, scores, as_multiclass(contract))
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["rows_by_category"] == {"New_Visitor": 3, "Returning_Visitor": 1, "Other": 1}
    assert found["true_positive_rate of New_Visitor"] == pytest.approx(2 / 3)
    assert found["false_positive_rate of New_Visitor"] == pytest.approx(1 / 2)
    assert found["selection_rate of Other"] == pytest.approx(1 / 5)
    assert found["false_positive_rate of Other"] == pytest.approx(1 / 4)


def test_keys_and_rows_of_the_rates_of_categories(contract: Contract) -> None:
    other = as_multiclass(contract)
    assert rate_keys("accuracy", other) == ("accuracy",)
    assert rate_keys("selection_rate", other)[0] == "selection_rate of New_Visitor"
    assert rate_keys("selection_rate", contract) == ("selection_rate",)
    group = {"rows": 100, "rows_by_category": {"New_Visitor": 30, "Other of those": 5}}
    rows = [
        rows_of_rate(group, key)
        for key in (
            "true_positive_rate of New_Visitor",
            "false_positive_rate of New_Visitor",
            "selection_rate of New_Visitor",
            "accuracy",
            "true_positive_rate of Other of those",
        )
    ]
    assert rows == [30, 70, 100, 100, 5]


def test_figures_of_a_number_are_mean_errors_with_their_variance(contract: Contract) -> None:
    labels, scores = np.array([10.0, 20.0, 30.0]), np.array([13.0, 19.0, 31.0])
    (found,) = group_rates(pl.DataFrame({"Region": ["1"] * 3}), labels, scores, as_regression(contract))
    assert found["mean_label"] == 20
    assert found["mean_absolute_error"] == pytest.approx(5 / 3)
    assert found["mean_error"] == pytest.approx(1)
    assert found["variances"]["mean_error"] == pytest.approx(np.var([3, -1, 1], ddof=1) / 3)
    assert rate_variance(found, "mean_error") == found["variances"]["mean_error"]
    low, high = rate_interval(found, "mean_error", 0.95)
    assert (low + high) / 2 == pytest.approx(1)
    assert high - low == pytest.approx(2 * 1.959964 * found["variances"]["mean_error"] ** 0.5)


def test_intervals_of_shares_are_agresti_and_coulls() -> None:
    """0 of 20, and 10 of 20, by the formula of the paper."""
    none = {"rows": 20, "positives": 20, "true_positive_rate": 0.0}
    half = {"rows": 20, "positives": 20, "true_positive_rate": 0.5}
    assert rate_interval(none, "true_positive_rate", 0.95) == pytest.approx((0.0, 0.18982), abs=1e-4)
    assert rate_interval(half, "true_positive_rate", 0.95) == pytest.approx((0.29930, 0.70070), abs=1e-4)
