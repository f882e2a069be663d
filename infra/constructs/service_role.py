"""IAM role of an AWS service, with a fixed name, one inline policy and trust limited to this account."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.deployment import Deployment

CONFUSED_DEPUTIES = ("sagemaker.amazonaws.com", "scheduler.amazonaws.com")


def service_role(
    scope: Construct,
    deployment: Deployment,
    purpose: str,
    service: str,
    description: str,
    statements: Sequence[iam.PolicyStatement],
) -> iam.Role:
    """Create the role. The service may use it only for resources of this account (confused deputy).

    This condition is omitted for Lambda. AWS documents it for SageMaker and Scheduler, but not for execution roles of
    functions, which only principals of this account can pass to Lambda.

    Args:
        scope: parent of the role.
        deployment: environment of the role.
        purpose: purpose from which the role's name is derived, such as `start-training`.
        service: service principal that assumes the role.
        description: description of the role.
        statements: permissions of the role.
    """
    names = deployment.names
    conditions = {"StringEquals": {"aws:SourceAccount": names.account}} if service in CONFUSED_DEPUTIES else None
    principal = iam.ServicePrincipal(service, conditions=conditions)
    return iam.Role(
        scope,
        "".join(word.title() for word in purpose.split("-")) + "Role",
        role_name=names.role(purpose),
        description=description,
        assumed_by=principal,
        inline_policies={"permissions": iam.PolicyDocument(statements=list(statements), minimize=False)},
    )
