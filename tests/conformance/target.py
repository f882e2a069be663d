"""The AWS that beliefs are held against: localcloud, or three real accounts; and what a run created there."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TAG = "mlops-conformance"


@dataclass(frozen=True)
class Refusal:
    """How a service refused a call."""

    code: str
    message: str


@dataclass
class Target:
    """Accounts by environment, one region, and the resources that this run has created."""

    sessions: Mapping[str, Any]
    region: str
    endpoint_url: str | None
    run: str = field(default_factory=lambda: secrets.token_hex(3))
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
        return {name: str(self.client("sts", name).get_caller_identity()["Account"]) for name in self.sessions}

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

    def refusal(self, service: str, call: str, environment: str = "dev", **members: Any) -> Refusal:
        """Make a call that must be refused; returns how. Fails the test if it is accepted."""
        try:
            answer = getattr(self.client(service, environment), call)(**members)
        except ClientError as error:
            return Refusal(error.response["Error"]["Code"], error.response["Error"]["Message"])
        answer.pop("ResponseMetadata", None)
        raise AssertionError(f"{service}.{call} was accepted: {answer}")

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
    return Target(
        {name: boto3.Session(profile_name=profile) for name, profile in profiles.items()}, region, endpoint_url
    )


@dataclass
class Fixtures:
    """Resources that many beliefs need; made once, removed at the end."""

    target: Target
    _made: dict[str, str] = field(default_factory=dict)

    def bucket(self, environment: str = "dev") -> str:
        """The name of an empty bucket."""
        return self._once(f"bucket-{environment}", lambda: self._make_bucket(environment))

    def _make_bucket(self, environment: str) -> str:
        s3, name = self.target.client("s3", environment), self.target.name(f"{environment}-bucket")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.target.region})
        self.target.undo(f"bucket {name}", lambda: _empty_and_delete(s3, name))
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": self.target.tags})
        return name

    def role(self, environment: str = "dev") -> str:
        """The ARN of a role that SageMaker may assume and that may do nothing else."""
        return self._once(f"role-{environment}", lambda: self._make_role(environment))

    def _make_role(self, environment: str) -> str:
        iam, name = self.target.client("iam", environment), self.target.name("role")
        answer = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust_of("sagemaker.amazonaws.com"), Tags=self.target.tags
        )
        self.target.undo(f"role {name}", lambda: iam.delete_role(RoleName=name))
        arn: str = answer["Role"]["Arn"]
        return arn

    def group(self, environment: str = "dev") -> str:
        """The name of an empty model package group."""
        return self._once(f"group-{environment}", lambda: self._make_group(environment))

    def _make_group(self, environment: str) -> str:
        sagemaker, name = self.target.client("sagemaker", environment), self.target.name("group")
        sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=self.target.tags)
        self.target.undo(f"group {name}", lambda: sagemaker.delete_model_package_group(ModelPackageGroupName=name))
        return name

    def _once(self, key: str, make: Callable[[], str]) -> str:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def trust_of(service: str) -> str:
    """The trust policy of a role for one service."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        f'"Principal": {{"Service": "{service}"}}}}]}}'
    )


def _empty_and_delete(s3: Any, name: str) -> None:
    with suppress(s3.exceptions.NoSuchBucket):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
        s3.delete_bucket(Bucket=name)
