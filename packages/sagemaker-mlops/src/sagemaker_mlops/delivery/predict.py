"""Ask an environment's endpoint for a prediction."""

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.project import ROOT

EXAMPLE_FILE = ROOT / "data" / "example_request.json"


def predict(target: Target, file: Path | None) -> Any:
    """Send the records of a JSON file, by default the sample's example; returns the endpoint's answer."""
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
                f"make release ENV={target.name} ARN=..."
            ) from None
        message = error.response.get("OriginalMessage") or error.response["Error"]["Message"]
        raise DeliveryError(f"{target.names.endpoint} refused the request: {message}") from None
    return json.loads(answer["Body"].read())
