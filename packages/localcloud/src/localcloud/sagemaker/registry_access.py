"""Access to a model registry from other accounts, which the resource policy of the group controls.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
"""

from dataclasses import replace

from localcloud.errors import AwsError
from localcloud.sagemaker.operations import Request
from localcloud.scope import Scope

GROUP = "ModelPackageGroup"


def as_owner(request: Request, arn: str, action: str) -> Request:
    """Return a request with the account that owns a group or a version as its scope.

    Args:
        request: the caller's request.
        arn: ARN of a group or a version, or a name in the caller's account.
        action: action that the policy must allow, such as DescribeModelPackage.

    Raises:
        AwsError: AccessDeniedException if another account owns the resource, and the policy of the group does not allow
            the action.
    """
    owner = _owner(request.scope, arn)
    if owner == request.scope:
        return request
    group = request.cloud.store.get(owner, GROUP, _group_name(arn)) or {}
    caller = request.cloud.host.caller_arn(request.scope)
    if not request.cloud.host.policy_allows(group.get("ResourcePolicy", ""), caller, f"sagemaker:{action}", arn):
        raise AwsError(
            "AccessDeniedException",
            f"User: {caller} is not authorized to perform: sagemaker:{action} on resource: {arn} because no "
            f"resource-based policy allows the sagemaker:{action} action",
        )
    return replace(request, scope=owner)


def _owner(scope: Scope, arn: str) -> Scope:
    """Return the account of an ARN as a scope in the caller's region.

    For an ARN of another region this is the caller's scope, in which the resource is not found.
    """
    parts = arn.split(":")
    return Scope(parts[4], scope.region) if len(parts) > 5 and parts[3] == scope.region else scope


def _group_name(arn: str) -> str:
    return arn.split("/")[1]
