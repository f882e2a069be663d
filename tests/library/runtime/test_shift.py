from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.runtime.shift import shifts_from


@pytest.mark.parametrize("name", ["count", "value", "literal"])
def test_any_column_name_can_be_compared(name: str) -> None:
    buckets = [{"value": "a", "count": 3}, {"value": "b", "count": 1}]
    statistics = {"distribution": {"categorical": {"buckets": buckets}}}
    baseline = {"features": [{"name": name, "string_statistics": statistics}]}
    shifts = shifts_from(baseline, pl.DataFrame({name: ["a", "b", "b", "b"]}))
    assert shifts[0].distance == pytest.approx(0.5)


def categories(name: str, **counts: int) -> dict[str, Any]:
    buckets = [{"value": value, "count": count} for value, count in counts.items()]
    return {"name": name, "string_statistics": {"distribution": {"categorical": {"buckets": buckets}}}}


def test_a_column_that_has_values_on_one_side_only_has_no_distance() -> None:
    baseline: Any = {"features": [categories("both", a=1, b=1), categories("gone", a=1), categories("never")]}
    baseline["features"].append(categories("empty", a=1))
    table = pl.DataFrame(
        {"both": ["a"], "never": ["a"], "empty": [None], "new": ["a"]}, schema_overrides={"empty": str}
    )
    assert [shift.as_dict() for shift in shifts_from(baseline, table)] == [{"name": "both", "distance": 0.5}]
