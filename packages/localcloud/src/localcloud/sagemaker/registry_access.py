"""Use of a model registry by other accounts: the group's resource policy decides.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
"""

from dataclasses import replace

from localcloud.errors import AwsError
from localcloud.sagemaker.operations import Request
from localcloud.scope import Scope

GROUP = "ModelPackageGroup"


def as_owner(request: Request, arn: str, action: str) -> Request:
    """Return a request as the account of a group or version sees it: the caller's own, or one whose policy allows it.

    Args:
        request: the caller's request.
        arn: ARN of a group or a version, or a bare name, which is one of the caller's account.
        action: what the policy must allow, such as DescribeModelPackage.

    Raises AccessDeniedException if the resource is another account's and its group's policy does not allow the action.
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
    """The account of an ARN in the caller's region; an ARN of another region is found nowhere."""
    parts = arn.split(":")
    return Scope(parts[4], scope.region) if len(parts) > 5 and parts[3] == scope.region else scope


def _group_name(arn: str) -> str:
    return arn.split("/")[1]
