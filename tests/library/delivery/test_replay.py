import json
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.monitors import replay as module
from sagemaker_mlops.delivery.monitors.replay import replay
from sagemaker_mlops.delivery.target import Target

TARGET = SimpleNamespace(
    name="production", environment=SimpleNamespace(region="eu-west-1"), names=SimpleNamespace(endpoint="shop")
)
REFUSAL = {"error": "the request breaks the contract", "faults": [{"record": 0, "field": "Region", "rule": "unknown"}]}


class ModelError(ClientError):
    pass


class Endpoint:
    """An endpoint that refuses the rows whose id ends in 3, or does not exist."""

    exceptions = SimpleNamespace(ModelError=ModelError)

    def __init__(self, exists: bool = True) -> None:
        self.exists = exists
        self.ids: list[str] = []

    def invoke_endpoint(self, InferenceId: str, **_: Any) -> Any:  # noqa: N803
        if not self.exists:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "shop not found"}}, "InvokeEndpoint")
        self.ids.append(InferenceId)
        if InferenceId.endswith("3"):
            error: Any = {"OriginalStatusCode": 400, "OriginalMessage": json.dumps(REFUSAL), "Error": {"Message": ""}}
            raise ModelError(error, "InvokeEndpoint")
        return {"Body": SimpleNamespace(read=lambda: b"")}


@pytest.fixture
def rows(sample: pl.DataFrame) -> pl.DataFrame:
    return sample.head(25).with_columns(pl.Series("record_id", [f"r{number}" for number in range(25)]))


def test_a_refused_row_does_not_stop_the_others(
    rows: pl.DataFrame, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = Endpoint()
    monkeypatch.setattr(module.boto3, "client", lambda *_, **__: endpoint)
    found = replay(cast(Target, TARGET), rows, contract, lambda _line: None)
    assert sorted(endpoint.ids) == sorted(rows["record_id"])
    assert (found.requests, dict(found.errors)) == (25, {"400 the request breaks the contract (Region: unknown)": 3})


def test_an_endpoint_that_does_not_serve_is_named(
    rows: pl.DataFrame, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.boto3, "client", lambda *_, **__: Endpoint(exists=False))
    with pytest.raises(DeliveryError, match="shop not found"):
        replay(cast(Target, TARGET), rows, contract, lambda _line: None)
