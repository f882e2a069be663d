"""Each gate at its limit, just below and just above, and what a refused model is told."""

from typing import Any, Literal

import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.gates import refusal, registration_gates
from sagemaker_mlops.contract.limits import ChampionRule, MetricLimit

from tests.library.contract.evaluations import evaluation_with, failed_gates, good_evaluation

# The value that decides one gate, the gate, its limit in the contract, and the smallest change that counts.
LIMITS = [
    (("metrics", "roc_auc", "value"), "floor roc_auc", 0.85, -1e-9),
    (("fairness", "differences", 0, "difference"), "fairness false_positive_rate by VisitorType", 0.15, 1e-9),
    (("fairness", "differences", 3, "difference"), "fairness true_positive_rate by Region", 0.5, 1e-9),
    (("latency_milliseconds", "p99"), "latency", 25.0, 1e-9),
]


def with_champion_rule(contract: Contract, rule: Literal["better", "not_worse"], metric: str = "roc_auc") -> Contract:
    champion = ChampionRule.model_validate({"metric": metric, "rule": rule, "maximum_loss": 0.02})
    return contract.model_copy(update={"champion": champion})


def against_champion(value: float, low: float, high: float) -> Any:
    return evaluation_with({"value": value, "low": low, "high": high}, "champion", "difference")


@pytest.mark.parametrize(("keys", "name", "limit", "worse"), LIMITS)
def test_a_limit_is_the_last_value_that_passes(
    contract: Contract, keys: tuple[str | int, ...], name: str, limit: float, worse: float
) -> None:
    for value, failed in ((limit, []), (limit - worse, []), (limit + worse, [name])):
        assert failed_gates(contract, evaluation_with(value, *keys)) == failed


@pytest.mark.parametrize(("value", "passes"), [(0.3, True), (0.2999, True), (0.3001, False)])
def test_a_loss_has_a_ceiling_and_no_floor(contract: Contract, value: float, passes: bool) -> None:
    gates = contract.gates.model_copy(update={"registration": (MetricLimit(metric="log_loss", maximum=0.3),)})
    evaluation = evaluation_with({"value": value, "low": 0.2, "high": 0.4}, "metrics", "log_loss")
    floor = registration_gates(contract.model_copy(update={"gates": gates}), evaluation)[0]
    assert (floor.name, floor.promised, floor.passed) == ("floor log_loss", "at most 0.3", passes)


@pytest.mark.parametrize(
    ("metric", "rule", "difference", "passes"),
    [
        ("roc_auc", "not_worse", (-0.01, -0.02, 0.0), True),
        ("roc_auc", "not_worse", (-0.01, -0.02, -1e-9), False),
        ("roc_auc", "not_worse", (-0.02, -0.05, 0.01), True),
        ("roc_auc", "not_worse", (-0.02 - 1e-9, -0.05, 0.01), False),
        ("roc_auc", "better", (0.01, 0.0, 0.02), False),
        ("roc_auc", "better", (0.01, 1e-9, 0.02), True),
        # A loss that grew is worse, so everything is the other way round.
        ("log_loss", "not_worse", (0.01, 0.0, 0.02), True),
        ("log_loss", "not_worse", (0.01, 1e-9, 0.02), False),
        ("log_loss", "not_worse", (0.02, -0.01, 0.05), True),
        ("log_loss", "not_worse", (0.02 + 1e-9, -0.01, 0.05), False),
        ("log_loss", "better", (-0.01, -0.02, 0.0), False),
        ("log_loss", "better", (-0.01, -0.02, -1e-9), True),
        ("log_loss", "better", (0.01, 1e-9, 0.02), False),
    ],
)
def test_where_a_challenger_begins_to_be_worse_or_better(
    contract: Contract,
    metric: str,
    rule: Literal["better", "not_worse"],
    difference: tuple[float, float, float],
    passes: bool,
) -> None:
    failed = failed_gates(with_champion_rule(contract, rule, metric), against_champion(*difference))
    assert failed == ([] if passes else [f"champion {metric}"])


def test_a_challenger_at_the_edge_of_the_interval_is_refused_for_its_loss_only(contract: Contract) -> None:
    text = refusal(registration_gates(contract, against_champion(-0.03, -0.06, 0.0)))
    assert "-0.0300 (-0.0600 to +0.0000), a loss above 0.02" in text
    assert "significantly worse," not in text


@pytest.mark.parametrize(
    ("evaluation", "sentence"),
    [
        (
            evaluation_with(0.3, "metrics", "recall", "value"),
            "floor recall: FAILED, promised at least 0.4, measured 0.300 (0.580 to 0.620). Look for",
        ),
        (
            against_champion(-0.03, -0.06, 0.01),
            "champion roc_auc: FAILED, promised not significantly worse than the champion, loss at most 0.02, measured "
            "challenger minus champion -0.0300 (-0.0600 to +0.0100), a loss above 0.02. The champion stays",
        ),
        (
            evaluation_with(0.25, "fairness", "differences", 0, "difference"),
            "fairness false_positive_rate by VisitorType: FAILED, promised groups differ by at most 0.15, measured "
            "0.250 between VisitorType 1 and 2. Look at the group table",
        ),
        (
            evaluation_with([], "fairness", "differences"),
            "fairness false_positive_rate by VisitorType: FAILED, promised groups differ by at most 0.15, measured "
            "nothing: fewer than two groups are large enough to be judged. Train on more rows",
        ),
        (
            evaluation_with(25.5, "latency_milliseconds", "p99"),
            "latency: FAILED, promised 99 of 100 predictions within 25 ms, measured 25.50 ms. Use fewer trees",
        ),
    ],
)
def test_a_refused_model_is_told_the_promise_the_measure_and_a_remedy(
    contract: Contract, evaluation: Any, sentence: str
) -> None:
    assert refusal(registration_gates(contract, evaluation)).startswith(sentence)


def test_a_gate_that_passed_gives_no_advice(contract: Contract) -> None:
    latency = registration_gates(contract, good_evaluation())[-1]
    assert str(latency) == "latency: passed, promised 99 of 100 predictions within 25 ms, measured 1.00 ms"


def test_the_first_version_is_told_that_nothing_was_compared(contract: Contract) -> None:
    champion = registration_gates(contract, evaluation_with(None, "champion"))[3]
    assert str(champion) == "champion roc_auc: passed, promised no champion serves yet, measured first version"


def test_groups_too_small_to_judge_do_not_hide_an_unfair_difference(contract: Contract) -> None:
    unfair = {"feature": "Region", "rate": "false_positive_rate", "difference": 0.9, "between": ["1", "2"]}
    assert failed_gates(contract, evaluation_with([unfair], "fairness", "differences")) == [
        "fairness false_positive_rate by VisitorType",
        "fairness false_positive_rate by Region",
        "fairness true_positive_rate by VisitorType",
        "fairness true_positive_rate by Region",
    ]


def test_a_gate_is_written_down_with_everything_that_it_says(contract: Contract) -> None:
    evaluation = evaluation_with([], "fairness", "differences")
    too_small = registration_gates(contract, evaluation)[4]
    assert too_small.as_dict() == {
        "name": "fairness false_positive_rate by VisitorType",
        "passed": False,
        "promised": "groups differ by at most 0.15",
        "measured": "nothing: fewer than two groups are large enough to be judged",
        "advice": too_small.advice,
    }
    assert "minimum_rows" in too_small.advice
