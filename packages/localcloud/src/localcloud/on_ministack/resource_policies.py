"""Policies of model registries and image repositories, which grant access to other accounts."""

import re
from collections.abc import Iterator

from localcloud.errors import AwsError
from localcloud.scope import Scope

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
ROOT_CHECKED = ("kms", "ecr")  # S3 has a check of its own; model registries use registry_access.py
IMAGE_URI = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)")


def resource_policy_allows(policy: str, principal_arn: str, action: str, resource: str) -> bool:
    """Return True if a resource policy allows a principal an action."""
    from ministack.core import iam_evaluator

    question = iam_evaluator.EvalContext(
        principal_arn=principal_arn,
        principal_type="AssumedRole",
        principal_account=principal_arn.split(":")[4],
        action=action,
        resource_arn=resource,
        region="",
        service_context={},
    )
    return bool(iam_evaluator.evaluate_resource_policy(policy, question).decision == "Allow")


def is_refused_across(caller_arn: str, action: str, service: str, resource_arn: str) -> bool:
    """Return True if a resource of another account denies an action to the root user of an account.

    ministack allows the root user of every account everything. On AWS the policy of the resource must name the other
    account.
    """
    from ministack.core import iam_evaluator
    from ministack.core.responses import request_scope

    parts = resource_arn.split(":")
    owner = parts[4] if len(parts) > 5 else ""
    if service not in ROOT_CHECKED or owner in ("", caller_arn.split(":")[4]):
        return False
    with request_scope(owner, parts[3]):
        policy, _ = iam_evaluator._resource_policy(service, resource_arn) or ("", owner)
    return not resource_policy_allows(policy, caller_arn, action, resource_arn)


def pull_actions(image_uri: str) -> Iterator[tuple[str, str]]:
    """Yield the actions that a pull of an image from ECR needs, each with its resource.

    Yields nothing for another registry. Source:
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-pull-iam-permissions.html
    """
    found = IMAGE_URI.match(image_uri)
    if found is None:
        return
    account, region, name = found.groups()
    yield "ecr:GetAuthorizationToken", "*"
    for action in PULL:
        yield action, f"arn:aws:ecr:{region}:{account}:repository/{name}"


def require_repository_policy(scope: Scope, role_arn: str, action: str, repository_arn: str) -> None:
    """Raise AccessDeniedException unless the repository policy of another account allows a role an action."""
    from ministack.core.responses import request_scope
    from ministack.services import ecr

    if repository_arn == "*" or repository_arn.split(":")[4] == scope.account:
        return
    region, owner = repository_arn.split(":")[3:5]
    with request_scope(owner, region):
        policy, _ = ecr.repository_policy_for_arn(repository_arn) or ("", owner)
    if not resource_policy_allows(policy, role_arn, action, repository_arn):
        raise AwsError(
            "AccessDeniedException",
            f"{role_arn} is not authorized to perform: {action} on resource: {repository_arn} because no "
            f"resource-based policy allows the {action} action",
        )
