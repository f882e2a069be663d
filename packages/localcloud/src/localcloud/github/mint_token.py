"""Program of the stub of actions/create-github-app-token.

The stub runs `python -m localcloud.github.mint_token`. Like the real action, it requests a token over HTTP and signs
the request with the private key of the App.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from localcloud.github.answers import Refused
from localcloud.github.app_jwt import sign

PERMISSION = "PERMISSION_"


def main() -> int:
    """Write token, installation-id and app-slug to the outputs of the step, and return the exit code."""
    try:
        installation, token = _mint(os.environ["CLIENT_ID"], os.environ["PRIVATE_KEY"])
    except urllib.error.HTTPError as error:
        print(f"::error::GitHub answered {error.code}: {error.read().decode(errors='replace')}")
        return 1
    except (Refused, ValueError) as error:
        print(f"::error::the App's private key cannot be used: {error}")
        return 1
    print(f"::add-mask::{token['token']}")
    values = {"token": token["token"], "installation-id": installation["id"], "app-slug": installation["app_slug"]}
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    print(f"a token of {installation['app_slug']} until {token['expires_at']}")
    return 0


def _mint(client_id: str, private_key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    jwt = sign(client_id, private_key, time.time())
    installation = _send("GET", f"/repos/{os.environ['GITHUB_REPOSITORY']}/installation", jwt)
    wanted = {
        name.removeprefix(PERMISSION).lower(): value
        for name, value in os.environ.items()
        if name.startswith(PERMISSION) and value
    }
    repositories = [os.environ["GITHUB_REPOSITORY"].partition("/")[2]]
    body = {"repositories": repositories, **({"permissions": wanted} if wanted else {})}
    return installation, _send("POST", f"/app/installations/{installation['id']}/access_tokens", jwt, body)


def _send(method: str, path: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    content = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(os.environ["GITHUB_API_URL"] + path, data=content, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


if __name__ == "__main__":
    sys.exit(main())
