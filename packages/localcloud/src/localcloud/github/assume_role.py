"""Program of the stub of aws-actions/configure-aws-credentials.

The stub runs `python -m localcloud.github.assume_role`.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> int:
    """Add the credentials of a role to the environment of the job, and return the exit code.

    The job's OpenID Connect identity is exchanged for the credentials.
    """
    role, region = os.environ["ROLE"], os.environ["REGION"]
    asked = {"run": int(os.environ["GITHUB_RUN_ID"]), "job": os.environ["GITHUB_JOB"], "role": role, "region": region}
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/_local/credentials", data=json.dumps(asked).encode(), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            variables: dict[str, str] = json.load(answer)
    except urllib.error.HTTPError as error:
        print(f"::error::{json.load(error)['message']}")
        return 1
    with Path(os.environ["GITHUB_ENV"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in variables.items())
    print(f"acts as {role} in {region}, on the local cloud")
    return 0


if __name__ == "__main__":
    sys.exit(main())
