"""Labels of each problem: what a contract may say, and which texts are outcomes."""

from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.labels import Label, expected_outcomes
from sagemaker_mlops.contract.limits import METRICS_OF, MetricLimit
from sagemaker_mlops.contract.outcomes import outcome_texts, outcome_type, typed_outcomes

from tests.library.problems import as_multiclass, as_regression

LABELS: TypeAdapter[Label] = TypeAdapter(Label)
KINDS = {"problem": "multiclass", "categories": ["a", "b", "c"]}
PRICE = {"problem": "regression", "minimum": 0, "maximum": 100}


def label(**keys: Any) -> Label:
    return LABELS.validate_python({"name": "outcome", **keys})


@pytest.mark.parametrize(
    ("keys", "text", "outcome"),
    [
        ({}, "true", True),
        ({}, "FALSE", False),
        ({}, "1.0", True),
        ({}, "yes", None),
        ({"positive": ">50K", "negative": "<=50K"}, ">50k", True),
        ({"positive": ">50K", "negative": "<=50K"}, "<=50K", False),
        # As tables have them once the texts were read.
        ({"positive": ">50K", "negative": "<=50K"}, "true", True),
        ({"positive": "0", "negative": "1"}, "0", True),
        (KINDS, "b", "b"),
        (KINDS, "B", None),
        (PRICE, "99.5", 99.5),
        (PRICE, "-1", None),
        (PRICE, "101", None),
        (PRICE, "nan", None),
        (PRICE, "1e400", None),
        ({"problem": "regression"}, "-1e3", -1000.0),
    ],
)
def test_texts_are_outcomes_or_none(keys: dict[str, Any], text: str, outcome: Any) -> None:
    one = label(**keys)
    found = typed_outcomes(pl.Series([text, None]), one)
    assert found.to_list() == [outcome, None]
    assert found.dtype == outcome_type(one)


@pytest.mark.parametrize("keys", [{}, {"positive": ">50K", "negative": "<=50K"}, KINDS, PRICE])
def test_uploaded_texts_are_read_as_the_same_outcomes(keys: dict[str, Any]) -> None:
    one = label(**keys)
    first = {"binary": ["1", "0"], "multiclass": ["c", "a"], "regression": ["0.1", "7"]}[one.problem]
    outcomes = typed_outcomes(pl.Series(first), one)
    assert typed_outcomes(outcome_texts(outcomes), one).to_list() == outcomes.to_list()
    assert "," not in "".join(outcome_texts(outcomes).to_list())


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"problem": "ranking"}, "binary"),
        ({"problem": "multiclass", "categories": ["a", "b"]}, "three or more categories, found 2; for two outcomes"),
        ({"problem": "multiclass", "categories": ["a", "b", "a"]}, "categories repeats a"),
        ({"problem": "multiclass", "categories": ["a", "b", "c,d"]}, "without blanks around them, commas"),
        ({"problem": "multiclass"}, "Field required"),
        ({"positive": "yes"}, "both positive and negative"),
        ({"positive": "yes", "negative": "YES"}, "name two outcomes"),
        ({"positive": " yes", "negative": "no"}, "without blanks around them"),
        ({"problem": "regression", "minimum": 3, "maximum": 3}, "minimum 3 is not below maximum 3"),
        ({"problem": "regression", "categories": ["a", "b", "c"]}, "Extra inputs"),
        ({"categories": ["a", "b", "c"]}, "Extra inputs"),
    ],
)
def test_labels_that_contradict_themselves_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        label(**keys)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "true or false"),
        ({"positive": "yes", "negative": "no"}, "yes or no"),
        (KINDS, "one of a, b, c"),
        (PRICE, "a number, at least 0 and at most 100"),
        ({"problem": "regression"}, "a number"),
    ],
)
def test_messages_say_what_a_label_may_be(keys: dict[str, Any], expected: str) -> None:
    assert expected_outcomes(label(**keys)) == expected


Change = dict[str, Any]


@pytest.mark.parametrize(
    ("problem", "change", "message"),
    [
        ("binary", {"champion": {"metric": "r2", "rule": "better"}}, "champion.metric names r2; for problem: binary"),
        (
            "multiclass",
            {"gates": {"registration": [{"metric": "recall", "minimum": 0.5}]}},
            "gates.registration names recall; for problem: multiclass choose one of accuracy",
        ),
        ("regression", {"gates": {"live": [{"metric": "accuracy", "minimum": 0.5}]}}, "gates.live names accuracy"),
        ("regression", {"gates": {"decision_threshold": 0.5}}, "decision_threshold is for problem: binary only"),
        ("multiclass", {"gates": {"decision_threshold": 0.5}}, "decision_threshold is for problem: binary only"),
        (
            "regression",
            {"fairness": {"limits": [{"rate": "selection_rate", "maximum_difference": 0.1}]}},
            "fairness.limits names selection_rate; for problem: regression choose one of mean_absolute_error",
        ),
        (
            "multiclass",
            {"fairness": {"limits": [{"rate": "accuracy", "maximum_difference": 2}]}},
            "accuracy is a share, so 2 decides nothing",
        ),
        ("binary", {"champion": {"metric": "roc_auc", "rule": "better", "maximum_loss": 2}}, "maximum_loss is above 1"),
        (
            "regression",
            {"champion": {"metric": "mean_absolute_error", "rule": "better"}},
            "champion.maximum_loss is missing",
        ),
    ],
)
def test_limits_that_do_not_fit_the_problem_are_refused(
    contract: Contract, problem: str, change: Change, message: str
) -> None:
    contracts = {"binary": contract, "multiclass": as_multiclass(contract), "regression": as_regression(contract)}
    content = contracts[problem].model_dump(mode="json", exclude_unset=True)
    for section, keys in change.items():
        content[section] = keys if section == "champion" else {**content[section], **keys}
    with pytest.raises(ValidationError, match=message):
        Contract.model_validate(content)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"metric": "mean_absolute_error", "minimum": 1}, "needs exactly one bound, maximum"),
        ({"metric": "mean_absolute_error", "maximum": -1}, "is 0 or more"),
        ({"metric": "r2", "minimum": 1.5}, "r2 is at most 1"),
        ({"metric": "macro_f1", "minimum": -0.1}, "between 0 and 1"),
    ],
)
def test_bounds_that_decide_nothing_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MetricLimit(**keys)


def test_r2_may_be_negative_and_errors_large() -> None:
    assert MetricLimit(metric="r2", minimum=-0.5).bound == "at least -0.5"
    assert MetricLimit(metric="mean_absolute_error", maximum=50_000).bound == "at most 50000"


def test_every_metric_belongs_to_a_problem() -> None:
    assert {name for names in METRICS_OF.values() for name in names} == set(
        MetricLimit.model_fields["metric"].annotation.__args__  # type: ignore[union-attr]  # a Literal has its values
    )
