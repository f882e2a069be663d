"""Which statement of which role a call needed: from the deployed policies and localcloud's record of decisions."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.laptop.conftest import Laptop

PREFIX = "purchase-intent-dev-"
# Statements that no call on the laptop needs, with the reason. On AWS each is needed; tests/stacks holds them too.
NOT_ENFORCED = {
    ("job", "UseKey"): "the engine does not ask KMS when S3 decrypts",
    ("job", "EncryptVolumes"): "the engine has no volumes",
    ("pipeline", "EncryptVolumes"): "the engine has no volumes",
    ("job", "WriteLogs"): "localcloud writes the logs itself",
    ("job", "PutMetrics"): "jobs publish no instance metrics on the laptop",
    ("pipeline", "TagJobs"): "localcloud's pipelines do not tag their jobs",
    ("pipeline", "ReadImage"): "localcloud does not look the image up when a version is registered",
    ("pipeline", "UseKey"): "the engine does not ask KMS when S3 decrypts",
    ("start-training", "UseKey"): "the engine does not ask KMS when S3 and DynamoDB decrypt",
    ("start-training", "WriteLogs"): "the engine writes the functions' logs itself",
    ("start-training", "KeepDeadLetters"): "the engine sends dead letters itself",
    ("reconcile-training", "UseKey"): "the engine does not ask KMS when DynamoDB decrypts",
    ("reconcile-training", "WriteLogs"): "the engine writes the functions' logs itself",
    ("reconcile-training", "KeepDeadLetters"): "the engine sends dead letters itself",
    ("notify", "UseKey"): "the engine does not ask KMS when Secrets Manager decrypts",
    ("notify", "WriteLogs"): "the engine writes the functions' logs itself",
    ("notify", "KeepDeadLetters"): "the engine sends dead letters itself",
}


@dataclass(frozen=True)
class Statement:
    """One Allow of a role."""

    role: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """One decision that was made."""

    role: str
    action: str
    resource: str
    was_allowed: bool


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def deployed_statements(laptop: Laptop, roles: tuple[str, ...]) -> list[Statement]:
    """Statements of the deployed roles."""
    iam = laptop.client("iam")
    found = []
    for role in roles:
        name = f"{PREFIX}{role}"
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found += [
                Statement(role, entry["Sid"], _listed(entry["Action"]), _listed(entry["Resource"]))
                for entry in document["Statement"]
            ]
    return found


def recorded_calls(laptop: Laptop) -> list[Call]:
    """Decisions about the project's roles."""
    path = laptop.project.path / ".localcloud" / "main" / "authorizations.jsonl"
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    calls = set()
    for entry in entries:
        role = entry["principal"].split("/")[1]
        if role.startswith(PREFIX):
            was_allowed = entry["decision"] == "Allow"
            calls.add(Call(role.removeprefix(PREFIX), entry["action"], entry["resource"], was_allowed))
    return sorted(calls, key=str)


def denied_calls(laptop: Laptop) -> set[tuple[str, str]]:
    """Principal and action of every call that a role of the project was denied, in any account."""
    path = laptop.project.path / ".localcloud" / "main" / "authorizations.jsonl"
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    ours = [entry for entry in entries if "assumed-role/purchase-intent-" in entry["principal"]]
    return {(entry["principal"], entry["action"]) for entry in ours if entry["decision"] != "Allow"}


def allowed(call: Call, statements: list[Statement]) -> bool:
    """Whether one of the statements allows a call."""
    return any(
        statement.role == call.role
        and any(fnmatchcase(call.action, action) for action in statement.actions)
        and any(fnmatchcase(call.resource, resource) for resource in statement.resources)
        for statement in statements
    )
