"""Secret that the notify function authenticates to GitHub with; a new value takes effect within a minute."""

import json

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.github.app import AppKey
from sagemaker_mlops.delivery.target import Target


def put_notify_token(target: Target, token: str) -> str:
    """Write a GitHub token into an environment's secret and return the name of the secret.

    Raises:
        DeliveryError: The token is empty, or the secret does not exist.
    """
    if not token.strip():
        raise DeliveryError(
            "expected a GitHub token with the right to start workflows in GITHUB_TOKEN, found none. "
            f"{do_first('repository')}"
        )
    return _put(target, token.strip())


def put_notify_app(target: Target, key: AppKey) -> str:
    """Write the App's id and private key into an environment's secret and return the name of the secret.

    Raises:
        DeliveryError: The secret does not exist.
    """
    return _put(target, json.dumps({"app_id": key.app_id, "private_key": key.private_key}))


def _put(target: Target, value: str) -> str:
    secrets, name = target.client("secretsmanager"), target.names.github_secret
    try:
        secrets.put_secret_value(SecretId=name, SecretString=value)
    except secrets.exceptions.ResourceNotFoundException:
        raise DeliveryError(f"expected the secret {name}, found none. {do_first('deploy', target.name)}") from None
    return name
