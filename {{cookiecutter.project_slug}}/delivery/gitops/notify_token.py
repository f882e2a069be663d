"""Give notify the token with which it starts workflows; a new one is used within a minute, without a deployment."""

from delivery.errors import DeliveryError
from delivery.target import Target


def put_notify_token(target: Target, token: str) -> str:
    """Write the token into an environment's secret; returns the secret's name. Raises DeliveryError."""
    secrets, name = target.client("secretsmanager"), target.names.github_secret
    if not token.strip():
        raise DeliveryError("expected a GitHub token with the right to start workflows in GITHUB_TOKEN, found none")
    try:
        secrets.put_secret_value(SecretId=name, SecretString=token.strip())
    except secrets.exceptions.ResourceNotFoundException:
        raise DeliveryError(f"the secret {name} is not there. Deploy it: make deploy ENV={target.name}") from None
    return name
