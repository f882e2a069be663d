"""Predictions from an environment's endpoint."""

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.project import ROOT

EXAMPLE_FILE = ROOT / "data" / "example_request.json"


def predict(target: Target, file: Path | None) -> Any:
    """Send the records in a JSON file to the endpoint and return its JSON response.

    Args:
        target: Environment of the endpoint.
        file: Request body; by default data/example_request.json.

    Raises:
        DeliveryError: The file is not JSON, the endpoint does not exist, or it refused the request.
    """
    path = file or EXAMPLE_FILE
    try:
        body = json.dumps(json.loads(path.read_text(encoding="utf-8"))).encode()
    except (OSError, ValueError):
        found = "something else" if path.is_file() else "no file"
        raise DeliveryError(f"expected a JSON file at {path}, found {found}") from None
    try:
        answer = target.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=target.names.endpoint, ContentType="application/json", Body=body
        )
    except ClientError as error:
        if "not found" in str(error):
            raise DeliveryError(
                f"{target.names.endpoint} does not exist yet; release a version first: "
                f"mlops release ARN -e {target.name}"
            ) from None
        message = error.response.get("OriginalMessage") or error.response["Error"]["Message"]
        raise DeliveryError(f"{target.names.endpoint} refused the request: {message}") from None
    return json.loads(answer["Body"].read())
