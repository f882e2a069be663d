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
