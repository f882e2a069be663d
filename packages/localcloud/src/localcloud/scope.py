"""Account and region of a resource."""

import secrets
import string
from dataclasses import dataclass

PARTITION = "aws"


@dataclass(frozen=True)
class Scope:
    """An account in a region. Resources of different scopes are separate."""

    account: str
    region: str

    @property
    def folder(self) -> str:
        """Name of the folder for files of this scope."""
        return f"{self.account}-{self.region}"

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource."""
        return f"arn:{PARTITION}:sagemaker:{self.region}:{self.account}:{kind}/{name}"


def random_id(length: int = 12) -> str:
    """Return a random id of lower-case letters and digits, as AWS creates them."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
