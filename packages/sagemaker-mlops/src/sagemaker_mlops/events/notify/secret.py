"""Parser for notify's secret.

The secret holds a GitHub App (JSON with app_id and private_key) or a token as plain text.
"""

import json

from .installation_token import App
from .rest import GitHubRefused

NO_TOKEN = "none"  # noqa: S105  (initial value of the secret that the stack creates)


class SecretNotFilled(GitHubRefused):
    """The secret still has its initial value."""


def parse_secret(text: str, name: str) -> App | str:
    """Return the App or the token in a secret.

    Args:
        text: value of the secret.
        name: name of the secret, for error messages.

    Raises:
        SecretNotFilled: if the secret is empty or has its initial value.
        GitHubRefused: if the secret begins with a brace but is not JSON with app_id and private_key.

    No message contains the value of the secret.
    """
    found = text.strip()
    if found in ("", NO_TOKEN):
        raise SecretNotFilled(f"the secret {name} holds neither App nor token yet; see mlops doctor")
    if not found.startswith("{"):
        return found
    try:
        content = json.loads(found)
        return App(str(content["app_id"]), str(content["private_key"]))
    except (ValueError, KeyError):
        raise GitHubRefused(
            f"expected app_id and private_key in the secret {name}, found something else. Run mlops github notify-app"
        ) from None
