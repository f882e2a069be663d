import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.gates import refusal, registration_gates

from tests.library.contract.evaluations import failed_gates, good_evaluation


def test_a_good_model_passes(contract: Contract) -> None:
    gates = registration_gates(contract, good_evaluation())
    assert refusal(gates) == ""
    assert len(gates) == 9


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "recall"])
def test_each_missed_floor_is_refused(contract: Contract, metric: str) -> None:
    evaluation = good_evaluation()
    evaluation["metrics"][metric]["value"] = 0.1
    assert failed_gates(contract, evaluation) == [f"floor {metric}"]


def test_a_significantly_better_champion_stays(contract: Contract) -> None:
    evaluation = good_evaluation()
    evaluation["champion"]["difference"] = {"value": -0.01, "low": -0.015, "high": -0.005}
    assert failed_gates(contract, evaluation) == ["champion roc_auc"]


def test_a_large_loss_is_refused_even_if_it_is_not_significant(contract: Contract) -> None:
    evaluation = good_evaluation()
    evaluation["champion"]["difference"] = {"value": -0.03, "low": -0.07, "high": 0.01}
    assert failed_gates(contract, evaluation) == ["champion roc_auc"]


def test_a_small_loss_within_the_noise_is_allowed(contract: Contract) -> None:
    evaluation = good_evaluation()
    evaluation["champion"]["difference"] = {"value": -0.01, "low": -0.03, "high": 0.01}
    assert failed_gates(contract, evaluation) == []


def test_better_asks_for_significance(contract: Contract) -> None:
    strict = contract.model_copy(update={"champion": contract.champion.model_copy(update={"rule": "better"})})
    evaluation = good_evaluation()
    assert failed_gates(strict, evaluation) == ["champion roc_auc"]
    evaluation["champion"]["difference"] = {"value": 0.02, "low": 0.01, "high": 0.03}
    assert failed_gates(strict, evaluation) == []


def test_the_first_version_has_no_champion(contract: Contract) -> None:
    assert failed_gates(contract, {**good_evaluation(), "champion": None}) == []


@pytest.mark.parametrize("position", range(4))
def test_an_unfair_model_is_refused(contract: Contract, position: int) -> None:
    evaluation = good_evaluation()
    evaluation["fairness"]["differences"][position]["difference"] = 0.9
    assert len(failed_gates(contract, evaluation)) == 1


def test_groups_too_small_to_judge_fail_closed(contract: Contract) -> None:
    evaluation = good_evaluation()
    del evaluation["fairness"]["differences"][0]
    gates = registration_gates(contract, evaluation)
    assert "fewer than two groups are large enough" in refusal(gates)
    assert failed_gates(contract, evaluation) == ["fairness false_positive_rate by VisitorType"]


def test_a_refused_challenger_is_told_which_half_of_the_promise_it_broke(contract: Contract) -> None:
    evaluation = good_evaluation()
    evaluation["champion"]["difference"] = {"value": -0.004, "low": -0.01, "high": -0.0004}
    assert "-0.0040 (-0.0100 to -0.0004), significantly worse" in refusal(registration_gates(contract, evaluation))
    evaluation["champion"]["difference"] = {"value": -0.03, "low": -0.07, "high": 0.01}
    assert "a loss above 0.02" in refusal(registration_gates(contract, evaluation))


def test_a_slow_model_is_refused(contract: Contract) -> None:
    evaluation = good_evaluation()
    evaluation["latency_milliseconds"]["p99"] = 1000.0
    assert failed_gates(contract, evaluation) == ["latency"]


def test_a_refusal_says_what_was_promised_measured_and_what_to_do(contract: Contract) -> None:
    evaluation = good_evaluation()
    evaluation["metrics"]["roc_auc"] = {"value": 0.7, "low": 0.65, "high": 0.75}
    text = refusal(registration_gates(contract, evaluation))
    assert "promised at least 0.85" in text
    assert "measured 0.700 (0.650 to 0.750)" in text
    assert "contract's owner" in text
