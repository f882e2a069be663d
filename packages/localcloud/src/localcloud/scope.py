"""The account and region in which something is."""

import secrets
import string
from dataclasses import dataclass

PARTITION = "aws"


@dataclass(frozen=True)
class Scope:
    """One account in one region; resources of different scopes do not see each other."""

    account: str
    region: str

    @property
    def folder(self) -> str:
        """A name for a folder with what belongs to this scope."""
        return f"{self.account}-{self.region}"

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource."""
        return f"arn:{PARTITION}:sagemaker:{self.region}:{self.account}:{kind}/{name}"


def random_id(length: int = 12) -> str:
    """A random id as AWS makes them: lower-case letters and digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
