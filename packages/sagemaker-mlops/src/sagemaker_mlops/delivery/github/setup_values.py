"""Setup steps for variables and secrets, which give workflows access and therefore follow the rules."""

import base64
from urllib.parse import quote

from nacl.public import PublicKey, SealedBox

from sagemaker_mlops.delivery.github.client import GitHubClient
from sagemaker_mlops.delivery.github.setup_step import Step


def variable_step(client: GitHubClient, name: str, value: str) -> Step:
    """Return the step that sets a repository variable."""

    def is_set() -> bool:
        found = client.find(f"/actions/variables/{name}")
        return bool(found) and found["value"] == value

    def set_it() -> object:
        if client.find(f"/actions/variables/{name}"):
            return client.request("PATCH", f"/actions/variables/{name}", {"name": name, "value": value})
        return client.request("POST", "/actions/variables", {"name": name, "value": value})

    return Step(f"variable {name}={value}", is_set, set_it, needs_required=True)


def secret_step(client: GitHubClient, environment: str, name: str, value: str) -> Step:
    """Return the step that writes an environment secret, which cannot be read back, so it is always written."""
    path = f"/environments/{quote(environment)}/secrets"

    def write() -> object:
        key = client.request("GET", f"{path}/public-key")
        body = {"encrypted_value": seal(value, key["key"]), "key_id": key["key_id"]}
        return client.request("PUT", f"{path}/{name}", body)

    return Step(f"secret {name} in environment {environment}", lambda: False, write, needs_required=True)


def seal(value: str, public_key: str) -> str:
    """Encrypt a secret with GitHub's public key (base64) and return it in base64.

    Source: https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api
    """
    box = SealedBox(PublicKey(base64.b64decode(public_key)))
    return base64.b64encode(box.encrypt(value.encode())).decode()
