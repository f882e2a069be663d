"""Scaling policies of registered targets. They are stored and described; no alarms are created for them."""

import time
from typing import Any

from localcloud.application_autoscaling.targets import IDENTITY, POLICY, TARGET, identity_of, not_found
from localcloud.cloud import Cloud
from localcloud.errors import AwsError, validation_error
from localcloud.scope import Scope, random_id

Members = dict[str, Any]
CONFIGURATIONS = {
    "StepScaling": "StepScalingPolicyConfiguration",
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}


def put_policy(cloud: Cloud, scope: Scope, members: Members) -> Members:
    """Create or update a scaling policy of a registered target.

    Source: botocore 1.43.106, PutScalingPolicy documentation. That the configuration of the policy type is required is
    an assumption.

    Raises:
        AwsError: ObjectNotFoundException if the target is not registered, ValidationException if the configuration of
            the policy type is missing.
    """
    if cloud.store.get(scope, TARGET, identity_of(members)) is None:
        raise not_found(members)
    kind = members.get("PolicyType", "StepScaling")
    if CONFIGURATIONS[kind] not in members:
        raise validation_error(f"{CONFIGURATIONS[kind]} must be specified for the policy type {kind}")
    with cloud.store.alone():
        present = _find(cloud, scope, members) or {"PolicyARN": _arn(scope, members), "CreationTime": time.time()}
        cloud.store.put(scope, POLICY, present["PolicyARN"], {**present, "PolicyType": kind, "Alarms": [], **members})
    return {"PolicyARN": present["PolicyARN"], "Alarms": []}


def _arn(scope: Scope, members: Members) -> str:
    resource = f"resource/{members['ServiceNamespace']}/{members['ResourceId']}"
    prefix = f"arn:aws:autoscaling:{scope.region}:{scope.account}:scalingPolicy:{random_id(36)}"
    return f"{prefix}:{resource}:policyName/{members['PolicyName']}"


def _find(cloud: Cloud, scope: Scope, members: Members) -> Members | None:
    for policy in cloud.store.of_kind(scope, POLICY):
        if identity_of(policy) == identity_of(members) and policy["PolicyName"] == members["PolicyName"]:
            return policy
    return None


def delete_policy(cloud: Cloud, scope: Scope, members: Members) -> Members:
    """Delete a scaling policy.

    Raises:
        AwsError: ObjectNotFoundException if there is no such policy. The text of the message is an assumption.
    """
    present = _find(cloud, scope, members)
    if present is None:
        raise AwsError("ObjectNotFoundException", f"No scaling policy found for policy name: {members['PolicyName']}")
    cloud.store.delete(scope, POLICY, present["PolicyARN"])
    return {}


def describe_policies(cloud: Cloud, scope: Scope, members: Members) -> Members:
    """Return the policies of a namespace that match the resource, dimension and policy names of the request."""
    given = {name: members[name] for name in IDENTITY if name in members}
    names = members.get("PolicyNames")
    found = [
        policy
        for policy in cloud.store.of_kind(scope, POLICY)
        if all(policy[name] == value for name, value in given.items())
        and (not names or policy["PolicyName"] in names or policy["PolicyARN"] in names)
    ]
    return {"ScalingPolicies": found}
