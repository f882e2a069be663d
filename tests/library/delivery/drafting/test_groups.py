"""Which groups a draft compares: those of which two are large enough in a hold-out."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.drafting.groups import choose_groups
from sagemaker_mlops.delivery.drafting.limits import judgeable
from sagemaker_mlops.delivery.errors import DeliveryError

FEATURES: list[dict[str, Any]] = [
    {"name": "sex", "type": "category", "categories": ["a", "b"]},
    {"name": "age", "type": "integer"},
    {"name": "Weekend", "type": "boolean"},
]


def people(contract: Contract, rows: int, share: float = 0.5) -> pl.DataFrame:
    """Rows of two sexes with labels of both outcomes in each."""
    number = np.arange(rows)
    sex = np.where(number < rows * share, "a", "b")
    return pl.DataFrame({"sex": sex, "Weekend": number % 3 == 0, contract.label.name: number % 2 == 0})


def test_groups_with_enough_rows_are_compared_with_the_usual_settings(contract: Contract) -> None:
    found = choose_groups(FEATURES, (), people(contract, 2000), contract, 20_000)
    assert (found.names, found.settings, found.too_small) == (("sex",), {}, ())


def test_smaller_groups_need_fewer_rows(contract: Contract) -> None:
    found = choose_groups(FEATURES, (), people(contract, 500), contract, 500)
    assert found.names == ("sex",)
    assert found.settings == {"minimum_rows": 30, "minimum_positives": 10}


def test_groups_that_no_hold_out_can_judge_are_not_compared(contract: Contract) -> None:
    found = choose_groups(FEATURES, (), people(contract, 200), contract, 200)
    assert (found.names, found.too_small) == ((), ("sex",))
    named = choose_groups(FEATURES, ("Weekend",), people(contract, 200), contract, 200)
    assert (named.names, named.too_small) == (("Weekend",), ("Weekend",))


def test_the_second_largest_group_decides() -> None:
    assert judgeable([900, 100], [450, 50], 1000, 1000) is None
    assert judgeable([900, 100], [450, 50], 5000, 1000) == {"minimum_rows": 50, "minimum_positives": 10}
    assert judgeable([1000], [500], 100_000, 1000) is None


def test_a_number_has_no_groups(contract: Contract) -> None:
    with pytest.raises(DeliveryError, match="expected a category or a boolean for --group, found age"):
        choose_groups(FEATURES, ("age",), people(contract, 200), contract, 200)
