"""The AWS that beliefs are held against: localcloud, or three real accounts; and what a run created there."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TAG = "mlops-conformance"
ACCEPTED = "accepted"
# A new role or policy is known everywhere after a while. Source:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
IAM_SECONDS = 15.0


@dataclass(frozen=True)
class Refusal:
    """How a service refused a call; the code is ACCEPTED if it did not."""

    code: str
    message: str


@dataclass
class Target:
    """Accounts by environment, one region, and the resources that this run has created."""

    sessions: Mapping[str, Any]
    region: str
    endpoint_url: str | None
    iam_seconds: float = 0.0
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    _accounts: dict[str, str] = field(default_factory=dict)
    _undo: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, service: str, environment: str = "dev") -> Any:
        """A client of one account."""
        key = (service, environment)
        if key not in self._clients:
            self._clients[key] = self.sessions[environment].client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                config=Config(retries={"max_attempts": 3}, parameter_validation=False),
            )
        return self._clients[key]

    def accounts(self) -> dict[str, str]:
        """Account number by environment."""
        for name in self.sessions:
            if name not in self._accounts:
                self._accounts[name] = str(self.client("sts", name).get_caller_identity()["Account"])
        return self._accounts

    def replaced(self) -> dict[str, str]:
        """What answers hold that is of this run only, by the name that replaces it."""
        return {**self.accounts(), "run": self.run}

    def account(self, environment: str = "dev") -> str:
        """The account number of an environment."""
        return self.accounts()[environment]

    def name(self, what: str) -> str:
        """A name that no other run uses."""
        return f"{TAG}-{self.run}-{what}"

    @property
    def tags(self) -> list[dict[str, str]]:
        """Tags of everything that is created, as most services take them."""
        return [{"Key": TAG, "Value": self.run}]

    def arn(self, kind: str, name: str, environment: str = "dev") -> str:
        """The ARN of a SageMaker resource."""
        return f"arn:aws:sagemaker:{self.region}:{self.account(environment)}:{kind}/{name}"

    def refusal(
        self,
        service: str,
        call: str,
        environment: str = "dev",
        if_accepted: Callable[[], object] | None = None,
        **members: Any,
    ) -> Refusal:
        """Make a call that should be refused; returns how.

        Args:
            service: the service, as boto3 names it.
            call: the call, as boto3 names it.
            environment: whose account calls.
            if_accepted: removes what was created if the service does accept the call.
            members: the call's arguments.
        """
        found = self.refusal_of(getattr(self.client(service, environment), call), **members)
        if found.code == ACCEPTED and if_accepted is not None:
            self.undo(f"what {service}.{call} created", if_accepted)
        return found

    def refusal_of(self, call: Callable[..., Any], /, **members: Any) -> Refusal:
        """As `refusal`, for a call of any client, which creates nothing."""
        try:
            answer = call(**members)
        except ClientError as error:
            return Refusal(error.response["Error"]["Code"], error.response["Error"]["Message"])
        answer.pop("ResponseMetadata", None)
        return Refusal(ACCEPTED, str(answer))

    def assumed(self, service: str, role: str) -> Any:
        """A client of dev's account that acts as a role."""
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName="conformance")["Credentials"]
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def settle(self) -> None:
        """Wait until a new role or policy is known everywhere."""
        time.sleep(self.iam_seconds)

    def undo(self, what: str, function: Callable[[], object]) -> None:
        """Remember how to remove something that was created; the newest is removed first."""
        self._undo.append((what, function))

    def undo_all(self) -> list[str]:
        """Remove everything that was created; returns what could not be removed, with the reason."""
        left = []
        while self._undo:
            what, function = self._undo.pop()
            try:
                function()
            except ClientError as error:
                left.append(f"{what}: {error}")
        return left


def localcloud_target(url: str, accounts: Mapping[str, str], region: str) -> Target:
    """A target whose accounts are those of a localcloud, of which a number is its own key."""
    sessions = {
        name: boto3.Session(aws_access_key_id=account, aws_secret_access_key="localcloud")
        for name, account in accounts.items()
    }
    return Target(sessions, region, url)


def profile_target(profiles: Mapping[str, str], region: str, endpoint_url: str | None = None) -> Target:
    """A target of real accounts, each reached by a profile of the AWS configuration."""
    sessions = {name: boto3.Session(profile_name=profile) for name, profile in profiles.items()}
    return Target(sessions, region, endpoint_url, iam_seconds=0.0 if endpoint_url else IAM_SECONDS)
