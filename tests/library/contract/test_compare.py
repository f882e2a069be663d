"""Differences of contracts: each kind, and whom it breaks."""

from pathlib import Path
from typing import Any

import pytest
from sagemaker_mlops.command_line.main import application
from sagemaker_mlops.contract.compare import compare_contracts
from sagemaker_mlops.contract.contract import Contract
from typer.testing import CliRunner

from tests.library.conftest import TEST_CONTRACT
from tests.library.problems import as_multiclass

BOTH = ("clients", "data")


def changed(contract: Contract, name: str, **keys: Any) -> Contract:
    """The contract with other keys of a feature."""
    content = contract.model_dump(mode="json", exclude_unset=True)
    content["features"] = [{**one, **keys} if one["name"] == name else one for one in content["features"]]
    return Contract.model_validate(content)


def without(contract: Contract, name: str) -> Contract:
    content = contract.model_dump(mode="json", exclude_unset=True)
    content["features"] = [one for one in content["features"] if one["name"] != name]
    return Contract.model_validate(content)


def test_equal_contracts_have_no_differences(contract: Contract) -> None:
    assert compare_contracts(contract, contract) == []


@pytest.mark.parametrize(
    ("name", "keys", "text", "breaks"),
    [
        ("BounceRates", {"maximum": 0.5}, "maximum 1 becomes 0.5", BOTH),
        ("BounceRates", {"maximum": 2}, "maximum 1 becomes 2", ()),
        ("BounceRates", {"minimum": -1}, "minimum 0 becomes -1", ()),
        ("PageValues", {"maximum": 100}, "maximum inf becomes 100", BOTH),
        ("BounceRates", {"nullable": True}, "a value may be missing from now on", ()),
        ("Administrative", {"type": "number"}, "type integer becomes number", ()),
        ("BounceRates", {"type": "integer"}, "type number becomes integer", BOTH),
        ("VisitorType", {"categories": ["New_Visitor", "Other"]}, "1 categories removed", BOTH),
        ("VisitorType", {"categories": ["New_Visitor", "Returning_Visitor", "Other", "Bot"]}, "1 categories added", ()),
    ],
)
def test_a_changed_feature(contract: Contract, name: str, keys: Any, text: str, breaks: tuple[str, ...]) -> None:
    (change,) = compare_contracts(contract, changed(contract, name, **keys))
    assert (change.about, change.breaks) == (name, breaks)
    assert change.text.startswith(text)


def test_features_that_come_and_go_break_clients(contract: Contract) -> None:
    """The server refuses records that lack a field or have another one: runtime/record_rules.py."""
    smaller = without(contract, "ExitRates")
    (removed,), (added,) = compare_contracts(contract, smaller), compare_contracts(smaller, contract)
    assert (removed.breaks, added.breaks) == (("clients",), BOTH)
    assert str(removed) == "ExitRates: removed; requests that still have it are refused [breaks clients]"


def test_a_column_of_fairness_breaks_only_who_writes_files(contract: Contract) -> None:
    content = without(contract, "Weekend").model_dump(mode="json", exclude_unset=True)
    content["fairness"]["groups"].append("Weekend")
    content["fairness"]["columns"] = [{"name": "Weekend", "type": "boolean"}]
    compared = Contract.model_validate(content)
    (added, _) = compare_contracts(without(contract, "Weekend"), compared)
    assert (added.about, added.breaks) == ("Weekend", ("data",))
    moved = [one.breaks for one in compare_contracts(contract, compared) if one.about == "Weekend"]
    assert moved == [("clients",)], "files had it before"


def test_a_missing_value_that_is_refused_breaks_both(contract: Contract) -> None:
    nullable = changed(contract, "BounceRates", nullable=True, maximum_null_fraction=0.2)
    assert [one.breaks for one in compare_contracts(nullable, contract)] == [BOTH]
    rarer = changed(contract, "BounceRates", nullable=True, maximum_null_fraction=0.1)
    assert [(one.text, one.breaks) for one in compare_contracts(nullable, rarer)] == [
        ("at most 10% may be missing in a file", ("data",))
    ]


def test_another_problem_breaks_clients_and_comes_first(contract: Contract) -> None:
    found = compare_contracts(contract, as_multiclass(contract))
    assert [bool(one.breaks) for one in found] == sorted((bool(one.breaks) for one in found), reverse=True)
    assert any(one.text.startswith("problem binary becomes multiclass") for one in found)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ([{"metric": "roc_auc", "minimum": 0.8}], "roc_auc at least 0.83 becomes at least 0.8: looser"),
        ([{"metric": "roc_auc", "minimum": 0.84}], "roc_auc at least 0.83 becomes at least 0.84: stricter"),
        ([{"metric": "log_loss", "maximum": 0.5}], "log_loss at most 0.5: promised from now on"),
    ],
)
def test_promises_are_stricter_or_looser(contract: Contract, limits: Any, text: str) -> None:
    content = contract.model_dump(mode="json", exclude_unset=True)
    content["gates"]["live"] = limits
    found = compare_contracts(contract, Contract.model_validate(content))
    assert text in [one.text for one in found]
    assert not any(one.breaks for one in found)


def test_other_decisions_for_the_same_scores_are_told(contract: Contract) -> None:
    content = contract.model_dump(mode="json", exclude_unset=True)
    content["gates"]["decision_threshold"] = 0.4
    content["latency"]["p99_milliseconds"] = 30
    found = {one.about for one in compare_contracts(contract, Contract.model_validate(content))}
    assert found == {"gates.decision_threshold", "latency"}


def test_the_command_ends_with_3_if_somebody_is_broken(contract: Contract, tmp_path: Path) -> None:
    text = TEST_CONTRACT.read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("minimum: 0, maximum: 1000,", "minimum: 0, maximum: 500,"), encoding="utf-8")
    broken = CliRunner().invoke(application, ["contract", "compare", str(TEST_CONTRACT), str(other)])
    assert broken.exit_code == 3, broken.output
    assert "maximum 1000 becomes 500 [breaks clients and data]" in broken.output
    same = CliRunner().invoke(application, ["contract", "compare", str(other), str(other)])
    assert (same.exit_code, same.output) == (0, "no differences\n")
