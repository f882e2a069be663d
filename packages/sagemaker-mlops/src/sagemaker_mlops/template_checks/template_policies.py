"""Policies of all accounts, from synthesized templates, with every reference resolved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sagemaker_mlops.template_checks.policy_evaluation import Policies, Statement

Template = Mapping[str, Any]
# Type: service, and what precedes the name in the ARN. Names are properties; without one it is the logical id.
ARNS = {
    "AWS::KMS::Key": ("kms", "key/", "KeyId"),
    "AWS::SQS::Queue": ("sqs", "", "QueueName"),
    "AWS::SNS::Topic": ("sns", "", "TopicName"),
    "AWS::Lambda::Function": ("lambda", "function:", "FunctionName"),
    "AWS::Events::Rule": ("events", "rule/", "Name"),
    "AWS::ECR::Repository": ("ecr", "repository/", "RepositoryName"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret:", "Name"),
    "AWS::Logs::LogGroup": ("logs", "log-group:", "LogGroupName"),
    "AWS::SageMaker::ModelPackageGroup": ("sagemaker", "model-package-group/", "ModelPackageGroupName"),
    "AWS::SageMaker::Pipeline": ("sagemaker", "pipeline/", "PipelineName"),
}
REF_IS_ARN = ("AWS::SNS::Topic", "AWS::SecretsManager::Secret")


class Templates(Protocol):
    """Synthesized templates by environment and capability."""

    def __getitem__(self, key: tuple[str, str]) -> Template:
        """Return one template."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Iterate over environments and capabilities."""


@dataclass(frozen=True)
class Accounts:
    """Account ids by environment, and the region of all of them."""

    by_environment: Mapping[str, str]
    region: str


@dataclass(frozen=True)
class Stack:
    """One template, and what its references mean."""

    templates: Templates
    environment: str
    capability: str
    accounts: Accounts

    @property
    def resources(self) -> Mapping[str, Template]:
        """Resources of the template by logical id."""
        found: Mapping[str, Template] = self.templates[self.environment, self.capability]["Resources"]
        return found

    def resolve(self, value: Any) -> Any:
        """Return a value without intrinsic functions."""
        if isinstance(value, list):
            return [self.resolve(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return self._ref(value["Ref"])
        if set(value) == {"Fn::GetAtt"}:
            return self._attribute(*value["Fn::GetAtt"])
        if set(value) == {"Fn::Join"}:
            separator, parts = value["Fn::Join"]
            return separator.join(str(self.resolve(part)) for part in parts)
        if set(value) == {"Fn::If"}:
            return self.resolve(value["Fn::If"][1])
        if set(value) == {"Fn::GetStackOutput"}:
            return self._output(value["Fn::GetStackOutput"])
        return {key: self.resolve(entry) for key, entry in value.items()}

    def _ref(self, logical_id: str) -> str:
        if logical_id == "AWS::Region":
            return self.accounts.region
        entry = self.resources.get(logical_id, {"Type": ""})
        if entry["Type"] == "AWS::S3::Bucket":
            return str(entry["Properties"]["BucketName"])
        return self.arn(logical_id) if entry["Type"] in REF_IS_ARN else logical_id

    def _attribute(self, logical_id: str, attribute: str) -> str:
        if attribute == "Arn":
            return self.arn(logical_id)
        # CloudFormation makes names of the logical id and something random.
        return f"{logical_id}-0123456789AB" if attribute.endswith("Name") else f"{logical_id}.{attribute}"

    def _output(self, output: Mapping[str, str]) -> Any:
        capability = output["StackName"].rpartition("-")[2]
        other = Stack(self.templates, self.environment, capability, self.accounts)
        value = self.templates[self.environment, capability]["Outputs"][output["OutputName"]]["Value"]
        return other.resolve(value)

    def arn(self, logical_id: str) -> str:
        """Return the ARN that a resource will have."""
        entry, account = self.resources[logical_id], self.accounts.by_environment[self.environment]
        properties = entry.get("Properties", {})
        if entry["Type"] == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{properties['BucketName']}"
        if entry["Type"] == "AWS::IAM::Role":
            return f"arn:aws:iam::{account}:role/{properties['RoleName']}"
        service, prefix, name = ARNS.get(entry["Type"], ("other", "", ""))
        return f"arn:aws:{service}:{self.accounts.region}:{account}:{prefix}{properties.get(name, logical_id)}"

    def policies(self) -> Iterator[tuple[str, Any]]:
        """Yield the ARN of each resource with a policy, and the policy."""
        for logical_id, entry in self.resources.items():
            given = self.resolve(entry.get("Properties", {}))
            kind = entry["Type"]
            if kind == "AWS::KMS::Key":
                yield self.arn(logical_id), given["KeyPolicy"]
            elif kind == "AWS::S3::BucketPolicy":
                yield f"arn:aws:s3:::{given['Bucket']}", given["PolicyDocument"]
            elif kind == "AWS::ECR::Repository" and "RepositoryPolicyText" in given:
                yield self.arn(logical_id), given["RepositoryPolicyText"]
            elif kind == "AWS::SageMaker::ModelPackageGroup" and "ModelPackageGroupPolicy" in given:
                yield self.arn(logical_id), given["ModelPackageGroupPolicy"]
            elif kind == "AWS::SNS::TopicPolicy":
                yield given["Topics"][0], given["PolicyDocument"]
            elif kind == "AWS::SQS::QueuePolicy":
                yield self.queue(entry["Properties"]["Queues"][0]["Ref"]), given["PolicyDocument"]
            elif kind == "AWS::Lambda::Permission":
                yield given["FunctionName"], {"Statement": [_permission(given)]}

    def queue(self, logical_id: str) -> str:
        """Return the ARN of a queue; a reference to it is its address."""
        return self.arn(logical_id)


def _permission(given: Mapping[str, Any]) -> dict[str, Any]:
    condition = {"ArnLike": {"aws:SourceArn": given["SourceArn"]}} if "SourceArn" in given else {}
    principal = {"Service": given["Principal"]}
    return {"Effect": "Allow", "Principal": principal, "Action": given["Action"], "Condition": condition}


def policies_of(templates: Templates, accounts: Accounts) -> Policies:
    """Return all policies of all accounts."""
    identities: dict[str, tuple[Statement, ...]] = {}
    resources: dict[str, tuple[Statement, ...]] = {}
    owners: dict[str, str] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    for environment, capability in templates:
        stack = Stack(templates, environment, capability, accounts)
        for logical_id, entry in stack.resources.items():
            if entry["Type"] == "AWS::IAM::Role":
                identities[stack.arn(logical_id)] = tuple(_of_role(stack, entry))
            elif entry["Type"] == "AWS::S3::Bucket":
                owners[stack.arn(logical_id)] = accounts.by_environment[environment]
            elif entry["Type"] == "AWS::KMS::Alias":
                given = stack.resolve(entry["Properties"])
                aliases[given["TargetKeyId"]] = (given["AliasName"],)
        for arn, document in stack.policies():
            found = tuple(_statement(entry, arn) for entry in document["Statement"])
            resources[arn] = (*resources.get(arn, ()), *found)
    return Policies(identities, resources, owners, aliases)


def _of_role(stack: Stack, entry: Template) -> Iterator[Statement]:
    for policy in stack.resolve(entry["Properties"]).get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            yield _statement(statement, "")


def _statement(entry: Mapping[str, Any], holder: str) -> Statement:
    """Return a statement; `holder` is the resource of a policy that names none."""
    principal = entry.get("Principal", {})
    named = [principal] if isinstance(principal, str) else [one for part in principal.values() for one in _many(part)]
    return Statement(
        effect=entry["Effect"],
        actions=tuple(_many(entry["Action"])),
        resources=tuple(_many(entry.get("Resource", holder))),
        principals=tuple(named),
        conditions=entry.get("Condition", {}),
    )


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def without(policies: Policies, holder: str, action: str, resource: str = "") -> Policies:
    """Return the policies less one action, on one resource or on all; `holder` is the ARN of a role or a resource."""

    def reduced(found: Mapping[str, tuple[Statement, ...]]) -> Mapping[str, tuple[Statement, ...]]:
        return {**found, holder: tuple(_less(found[holder], action, resource))} if holder in found else found

    return replace(policies, identities=reduced(policies.identities), resources=reduced(policies.resources))


def _less(statements: tuple[Statement, ...], action: str, resource: str) -> Iterator[Statement]:
    for statement in statements:
        is_meant = not resource or resource in statement.resources
        if is_meant and statement.effect == "Allow" and action in statement.actions:
            yield replace(statement, actions=tuple(one for one in statement.actions if one != action))
            others = tuple(one for one in statement.resources if resource and one != resource)
            yield replace(statement, actions=(action,), resources=others)
        else:
            yield statement
