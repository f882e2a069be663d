"""What is in notify's secret: the team's GitHub App (JSON with app_id and private_key), or a token as it is."""

import json

from .installation_token import App
from .rest import GitHubRefused

NO_TOKEN = "none"  # noqa: S105  (what the stack puts into the secret before anybody fills it)


class SecretNotFilled(GitHubRefused):
    """Nobody has filled the secret yet."""


def parse_secret(text: str, name: str) -> App | str:
    """Return the App, or the token; raises SecretNotFilled or GitHubRefused, without its content."""
    found = text.strip()
    if found in ("", NO_TOKEN):
        raise SecretNotFilled(f"the secret {name} holds neither App nor token yet; see make doctor")
    if not found.startswith("{"):
        return found
    try:
        content = json.loads(found)
        return App(str(content["app_id"]), str(content["private_key"]))
    except (ValueError, KeyError):
        raise GitHubRefused(
            f"expected app_id and private_key in the secret {name}, found something else. Repeat: make notify-app"
        ) from None
