"""Scalable targets: the registered endpoint variants and their capacity limits."""

import time
from collections.abc import Mapping
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import AwsError, NotInLocalcloud, validation_error
from localcloud.scope import Scope, random_id

TARGET, POLICY = "ScalableTarget", "ScalingPolicy"
SAGEMAKER, VARIANT_COUNT = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
Members = dict[str, Any]


def identity_of(members: Mapping[str, Any]) -> str:
    """Return the id that CloudFormation gives a target: resource id, dimension and namespace, joined by `|`."""
    return "|".join(members[name] for name in IDENTITY)


def variant_is_registered(cloud: Cloud, scope: Scope, endpoint: str, variant: str) -> bool:
    """Return True if a variant is a scalable target. Its instance type cannot change then."""
    resource = f"endpoint/{endpoint}/variant/{variant}"
    return cloud.store.get(scope, TARGET, f"{resource}|{VARIANT_COUNT}|{SAGEMAKER}") is not None


def not_found(members: Mapping[str, Any], what: str = "registered for") -> AwsError:
    """Return the ObjectNotFoundException for a target that is not registered.

    Source: https://github.com/ansible/ansible/issues/40237 (PutScalingPolicy). The wording "found for" is an
    assumption.
    """
    named = {"service namespace": "ServiceNamespace", "resource ID": "ResourceId"}
    listed = ", ".join(f"{words}: {members[name]}" for words, name in named.items())
    dimension = f"scalable dimension: {members['ScalableDimension']}"
    return AwsError("ObjectNotFoundException", f"No scalable target {what} {listed}, {dimension}")


def register(cloud: Cloud, scope: Scope, members: Members) -> Members:
    """Register a scalable target, or update the given members of a registered one.

    Source: botocore 1.43.106, RegisterScalableTarget documentation. The messages are assumptions.

    Raises:
        AwsError: ValidationException for invalid capacity limits, an invalid resource id or a missing endpoint.
        NotInLocalcloud: for any dimension other than the instance count of an endpoint variant.
    """
    with cloud.store.alone():
        present = cloud.store.get(scope, TARGET, identity_of(members))
        target = {**(present or _new_target(scope, members)), **members}
        _check_bounds(target)
        _check_resource(cloud, scope, members)
        cloud.store.put(scope, TARGET, identity_of(members), target)
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def _new_target(scope: Scope, members: Members) -> Members:
    account = f"arn:aws:iam::{scope.account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com"
    return {
        "RoleARN": f"{account}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
        "CreationTime": time.time(),
        "SuspendedState": dict.fromkeys(
            ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
        ),
        "ScalableTargetARN": (
            f"arn:aws:application-autoscaling:{scope.region}:{scope.account}:scalable-target/{random_id(24)}"
        ),
    }


def _check_bounds(target: Members) -> None:
    if target.get("MinCapacity") is None or target.get("MaxCapacity") is None:
        raise validation_error("Both minimum and maximum capacity are required to register a new scalable target")
    if int(target["MinCapacity"]) < 0:
        raise validation_error("Minimum capacity cannot be less than 0")
    if int(target["MinCapacity"]) > int(target["MaxCapacity"]):
        raise validation_error("Minimum capacity cannot be greater than maximum capacity")


def _check_resource(cloud: Cloud, scope: Scope, members: Members) -> None:
    if (members["ServiceNamespace"], members["ScalableDimension"]) != (SAGEMAKER, VARIANT_COUNT):
        raise NotInLocalcloud(f"scaling of {members['ScalableDimension']}")
    parts = members["ResourceId"].split("/")
    if len(parts) != 4 or (parts[0], parts[2]) != ("endpoint", "variant"):
        raise validation_error(f"Unsupported resource id: {members['ResourceId']}")
    endpoint = cloud.store.get(scope, "Endpoint", parts[1])
    if endpoint is None:
        raise validation_error(f"Could not find endpoint for resource id: {members['ResourceId']}")


def deregister(cloud: Cloud, scope: Scope, members: Members) -> Members:
    """Deregister a target and delete its policies."""
    identity = identity_of(members)
    if cloud.store.get(scope, TARGET, identity) is None:
        raise not_found(members, "found for")
    for policy in cloud.store.of_kind(scope, POLICY):
        if identity_of(policy) == identity:
            cloud.store.delete(scope, POLICY, policy["PolicyARN"])
    cloud.store.delete(scope, TARGET, identity)
    return {}


def describe(cloud: Cloud, scope: Scope, members: Members) -> Members:
    """Return the targets of a namespace that match the resource ids and the dimension of the request."""
    wanted = members.get("ResourceIds")
    found = [
        target
        for target in cloud.store.of_kind(scope, TARGET)
        if target["ServiceNamespace"] == members["ServiceNamespace"]
        and target["ScalableDimension"] == members.get("ScalableDimension", target["ScalableDimension"])
        and (not wanted or target["ResourceId"] in wanted)
    ]
    return {"ScalableTargets": found}
