"""Replay of the rows of a file as requests to an endpoint, which gives the monitors real data."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import polars as pl
from botocore.config import Config
from botocore.exceptions import ClientError

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.target import Target

CLIENTS = 8
TELL_EVERY = 500


def replay(target: Target, table: pl.DataFrame, contract: Contract, tell: Callable[[str], None]) -> int:
    """Send every row as a request with its record id as the inference id, and return the number of requests.

    Args:
        target: Environment of the endpoint.
        table: Rows with the record id and the features of the contract.
        contract: Contract that names these columns.
        tell: Called with a progress message every 500 requests.

    Raises:
        DeliveryError: The endpoint answers with an error.
    """
    client = boto3.client(
        "sagemaker-runtime", region_name=target.environment.region, config=Config(max_pool_connections=CLIENTS)
    )
    ids = table[contract.dataset.record_id].cast(pl.String).to_list()
    records = table.select(contract.feature_names).to_dicts()

    def ask(position: int) -> None:
        _ask(client, target.names.endpoint, ids[position], records[position])

    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for done, _ in enumerate(pool.map(ask, range(len(records))), start=1):
                if done % TELL_EVERY == 0:
                    tell(f"{done:,} of {len(records):,} requests")
    except ClientError as error:
        raise DeliveryError(
            f"{target.names.endpoint} answered {error.response['Error']['Code']}: "
            f"{error.response['Error']['Message']}. Does it serve? See: mlops predict -e {target.name}"
        ) from None
    return len(records)


def _ask(client: Any, endpoint: str, inference_id: str, record: dict[str, Any]) -> None:
    client.invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/json",
        Body=json.dumps(record).encode(),
        InferenceId=inference_id,
    )["Body"].read()
