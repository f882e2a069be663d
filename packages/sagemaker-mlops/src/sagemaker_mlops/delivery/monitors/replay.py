"""Replay of the rows of a file as requests to an endpoint, which gives the monitors real data."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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


@dataclass
class Replayed:
    """Number of requests, and of those that the model refused or failed, by the text of the error."""

    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)


def replay(target: Target, table: pl.DataFrame, contract: Contract, tell: Callable[[str], None]) -> Replayed:
    """Send every row as a request with its record id as the inference id.

    A request that the model refuses or fails does not stop the others.

    Args:
        target: Environment of the endpoint.
        table: Rows with the record id and the features of the contract.
        contract: Contract that names these columns.
        tell: Called with a progress message every 500 requests.

    Raises:
        DeliveryError: The endpoint does not serve.
    """
    client = boto3.client(
        "sagemaker-runtime", region_name=target.environment.region, config=Config(max_pool_connections=CLIENTS)
    )
    ids = table[contract.dataset.record_id].cast(pl.String).to_list()
    records = table.select(contract.feature_names).to_dicts()

    found = Replayed()

    def ask(position: int) -> str | None:
        return _ask(client, target.names.endpoint, ids[position], records[position])

    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            for done, error in enumerate(pool.map(ask, range(len(records))), start=1):
                found.requests = done
                if error:
                    found.errors[error] += 1
                if done % TELL_EVERY == 0:
                    tell(f"{done:,} of {len(records):,} requests")
    except ClientError as error:
        raise DeliveryError(
            f"{target.names.endpoint} answered {error.response['Error']['Code']}: "
            f"{error.response['Error']['Message']}. Does it serve? See: mlops predict -e {target.name}"
        ) from None
    return found


def _ask(client: Any, endpoint: str, inference_id: str, record: dict[str, Any]) -> str | None:
    """Send one request, and return the model's error, or None if it answered."""
    try:
        client.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Body=json.dumps(record).encode(),
            InferenceId=inference_id,
        )["Body"].read()
    except client.exceptions.ModelError as error:
        return f"{error.response.get('OriginalStatusCode', '')} {_reason(error.response)}".strip()
    return None


def _reason(response: Any) -> str:
    """Return the text of the server's error with the rules that the record breaks."""
    try:
        content = json.loads(response["OriginalMessage"])
    except (KeyError, ValueError):
        return str(response["Error"]["Message"])
    faults = sorted({f"{fault['field']}: {fault['rule']}" for fault in content.get("faults", [])})
    message = str(content.get("error", ""))
    return f"{message} ({', '.join(faults)})" if faults else message
