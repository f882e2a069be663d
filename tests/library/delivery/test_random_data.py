"""Random rows that prove an image keep the contract, whatever its label is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.check_data import check_files
from sagemaker_mlops.delivery.container.random_data import write_random_month

from tests.library.problems import as_multiclass, as_regression


def nullable(contract: Contract) -> Contract:
    """A contract that allows a missing value, but not in one file."""
    content = contract.model_dump(mode="json", exclude_unset=True)
    content["features"][0]["nullable"] = True
    return Contract.model_validate(content)


@pytest.mark.parametrize("change", [nullable, as_multiclass, as_regression])
def test_random_rows_keep_the_contract(
    change: Callable[[Contract], Contract], contract: Contract, tmp_path: Path
) -> None:
    changed = change(contract)
    window = write_random_month(changed, tmp_path / "data")
    assert window == ("2025-01", "2025-01")
    (path,) = (tmp_path / "data").iterdir()
    checks = check_files([path], changed)
    assert [one.faults for one in checks] == [(), ()]
    assert checks[0].rows == changed.dataset.minimum_rows
