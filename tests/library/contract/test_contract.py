from pathlib import Path

import pytest
from sagemaker_mlops.contract.contract import SCHEMA_FILE, Contract, ContractError, load_contract
from sagemaker_mlops.environments.schema import schema_text

from tests.library.conftest import TEST_CONTRACT


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = TEST_CONTRACT.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "contract.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_editor_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(Contract), "run `mlops contract schema`"


def test_the_projects_own_contract_can_be_read() -> None:
    assert load_contract().features


def test_the_contract_is_frozen(contract: Contract) -> None:
    with pytest.raises(ValueError, match="frozen"):
        contract.name = "another"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "holdout_fraction: 0.2",
            "holdout_fraction: 2",
            r"dataset.holdout_fraction: Input should be less than 0.9, found 2",
        ),
        ("minimum_rows: 2000", "minimum_rows: many", r"dataset.minimum_rows: .*valid integer.*found 'many'"),
        ("minimum: 0.85", "minium: 0.85", r"gates.registration\[0\].minium: unknown key"),
        (
            "metric: recall, minimum",
            "metric: recall, maximum",
            r"recall needs exactly one bound, minimum; found maximum",
        ),
        ("name: Informational,", "name: Administrative,", r"column Administrative is named more than once"),
        ("[VisitorType, Region]", "[VisitorType, Country]", r"fairness.groups names Country, which is not a feature"),
        ("[VisitorType, Region]", "[BounceRates]", r"fairness.groups names BounceRates, which has no categories"),
        ("metric: roc_auc, minimum: 0.83", "metric: roc_auc, minimum: 0.9", r"gates.live asks more of roc_auc"),
        (
            "minimum: 0, maximum: 1, description: Mean b",
            "minimum: 2, maximum: 1, description: B",
            r"minimum 2 is above",
        ),
        (
            "metric: roc_auc, minimum: 0.85",
            "metric: roc_auc, minimum: 1.85",
            r"roc_auc is between 0 and 1, so 1.85 decides",
        ),
        ("categories: [New_Visitor,", 'categories: [" x",', r"has spaces around it"),
        ("name: PageValues", "name: __row", r"features\[8\].name.*does not begin with an underscore"),
        ("drift:\n", "rollout: {strategy: canary}\ndrift:\n", r"rollout moved to operations.yaml; move the section"),
        ("version: 1", "version: 2", r"version: Input should be 1"),
    ],
)
def test_a_fault_is_told_with_line_and_key_path(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ContractError, match=message) as raised:
        load_contract(changed(tmp_path, old, new))
    assert str(raised.value).startswith("contract.yaml:")


def test_a_fault_in_a_list_names_the_feature(tmp_path: Path) -> None:
    path = changed(
        tmp_path, "{name: BounceRates, type: number, minimum: 0", "{name: BounceRates, type: number, minimum: x"
    )
    with pytest.raises(ContractError, match=r"features\[6\]\.minimum \(BounceRates\)"):
        load_contract(path)


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "version: 1\n", "version: 1\nversion: 1\n")
    with pytest.raises(ContractError, match="version is there twice"):
        load_contract(path)


@pytest.mark.parametrize("text", ["", "just words", "a: [", "\tx: 1"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"contract\.yaml: expected"):
        load_contract(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="expected a file, found none"):
        load_contract(tmp_path / "contract.yaml")
