"""Groups of columns that are no features, limits of single columns, and what differences could be found."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.gates import limited_groups, limited_keys
from sagemaker_mlops.runtime.fairness import group_differences, group_rates, rate_interval

from tests.library.training.training_run import TrainingRun

Limits = list[dict[str, Any]]
ONE: Limits = [{"rate": "false_positive_rate", "maximum_difference": 0.15}]


def with_unseen_region(contract: Contract, limits: Limits = ONE, **keys: Any) -> Contract:
    """The contract without the feature Region, whose groups are compared all the same."""
    content = contract.model_dump(mode="json", exclude_unset=True)
    (region,) = (one for one in content["features"] if one["name"] == "Region")
    content["features"] = [one for one in content["features"] if one["name"] != "Region"]
    content["dataset"]["maximum_duplicate_fraction"] = 0.2  # without Region more rows are alike
    content["fairness"] |= {"groups": ["VisitorType", "Region"], "columns": [region], "limits": limits, **keys}
    return Contract.model_validate(content)


def test_the_model_does_not_see_a_column_that_the_evaluation_has(
    contract: Contract, months: Path, tmp_path: Path
) -> None:
    unseen = with_unseen_region(contract)
    run = TrainingRun(tmp_path, months, ("2025-02", "2025-07"), unseen).all()
    evaluation = run.read("evaluation/evaluation.json")
    assert {group["feature"] for group in evaluation["fairness"]["groups"]} == {"VisitorType", "Region"}
    assert "Region" not in run.read("evaluation/smoke_test.json")["records"][0]
    assert "Region" not in evaluation["attributions"]
    gates = {gate["name"]: gate for gate in run.read("evaluation/gates.json")["gates"]}
    assert "; detectable: 0." in gates["fairness false_positive_rate by Region"]["measured"]


def test_requests_have_only_the_groups_of_features(contract: Contract) -> None:
    live = with_unseen_region(contract).live_groups
    assert (live.fairness.groups, live.fairness.columns) == (("VisitorType",), ())


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"groups": ["VisitorType"]}, "fairness.columns has Region, which fairness.groups does not name"),
        ({"columns": []}, "which is not a feature; choose one of the features, or describe the column in"),
        ({"limits": [{**ONE[0], "groups": ["Browser"]}]}, "fairness.limits is for Browser, which fairness.groups"),
        ({"columns": [{"name": "Region", "type": "number"}]}, "does not match any of the expected tags"),
        ({"columns": [{"name": "Weekend", "type": "boolean"}]}, "Weekend is named more than once"),
    ],
)
def test_columns_of_fairness_that_contradict_the_rest_are_refused(
    contract: Contract, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        with_unseen_region(contract, **keys)


def test_a_limit_of_one_column_takes_the_place_of_the_general_one(contract: Contract) -> None:
    own = {"rate": "false_positive_rate", "maximum_difference": 0.5, "groups": ["Region"]}
    other = {"rate": "accuracy", "maximum_difference": 0.3}
    found = [
        (feature, limit.rate, limit.maximum_difference)
        for feature, limit in limited_groups(with_unseen_region(contract, [*ONE, own, other]))
    ]
    assert sorted(found) == [
        ("Region", "accuracy", 0.3),
        ("Region", "false_positive_rate", 0.5),
        ("VisitorType", "accuracy", 0.3),
        ("VisitorType", "false_positive_rate", 0.15),
    ]
    changed = with_unseen_region(contract, [*ONE, own, other])
    assert limited_keys("Region", changed) == ["false_positive_rate", "accuracy"], "a report has each rate once"


def test_more_rows_find_smaller_differences_and_narrow_the_intervals(contract: Contract) -> None:
    found, widths = [], []
    for rows in (200, 5000):
        labels = np.arange(2 * rows) % 2 == 0
        scores = np.where(np.arange(2 * rows) % 5 == 0, 0.9, 0.1)
        table = pl.DataFrame({"Region": ["1"] * rows + ["2"] * rows, "VisitorType": ["Other"] * (2 * rows)})
        groups = group_rates(table, labels, scores, contract)
        (difference,) = [
            one
            for one in group_differences(groups, contract)
            if (one["feature"], one["rate"]) == ("Region", "false_positive_rate")
        ]
        found.append(difference["detectable"])
        region = next(group for group in groups if group["feature"] == "Region")
        low, high = rate_interval(region, "false_positive_rate", 0.95)
        assert low <= region["false_positive_rate"] <= high
        widths.append(high - low)
    assert found[1] == pytest.approx(found[0] / 5, rel=0.05)
    assert widths[1] == pytest.approx(widths[0] / 5, rel=0.05)
