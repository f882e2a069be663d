"""Resource types of AWS::ApplicationAutoScaling."""

from localcloud.application_autoscaling.service import call
from localcloud.application_autoscaling.targets import IDENTITY, identity_of
from localcloud.cloudformation.resource_type import Place, Properties, Resource, ResourceType
from localcloud.errors import AwsError

NUMBERS = ("MinCapacity", "MaxCapacity")


def _put_target(place: Place, given: Properties) -> Resource:
    members = {name: value for name, value in given.items() if name != "Tags"}
    numbers = {name: int(given[name]) for name in NUMBERS if name in given}
    call(place.cloud, place.scope, "RegisterScalableTarget", {**members, **numbers})
    return Resource(identity_of(given), {"Id": identity_of(given)})


def _update_target(place: Place, _physical_id: str, _old: Properties, new: Properties) -> Resource:
    return _put_target(place, new)


def _delete_target(place: Place, physical_id: str, _properties: Properties) -> None:
    _without_missing(place, "DeregisterScalableTarget", dict(zip(IDENTITY, physical_id.split("|"), strict=True)))


def _without_missing(place: Place, operation: str, members: Properties) -> None:
    try:
        call(place.cloud, place.scope, operation, members)
    except AwsError as error:
        if error.code != "ObjectNotFoundException":
            raise


TARGET = ResourceType(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    frozenset({"MinCapacity", "MaxCapacity", "ResourceId", "ScalableDimension", "ServiceNamespace", "RoleARN", "Tags"}),
    _put_target,
    _delete_target,
    _update_target,
)


def _policy_members(given: Properties) -> Properties:
    identity = dict(zip(IDENTITY, given["ScalingTargetId"].split("|"), strict=True))
    return {**identity, **{name: value for name, value in given.items() if name != "ScalingTargetId"}}


def _put_policy(place: Place, given: Properties) -> Resource:
    arn: str = call(place.cloud, place.scope, "PutScalingPolicy", _policy_members(given))["PolicyARN"]
    return Resource(arn, {"Arn": arn})


def _update_policy(place: Place, _physical_id: str, _old: Properties, new: Properties) -> Resource:
    return _put_policy(place, new)


def _delete_policy(place: Place, _physical_id: str, properties: Properties) -> None:
    members = {name: value for name, value in _policy_members(properties).items() if name in (*IDENTITY, "PolicyName")}
    _without_missing(place, "DeleteScalingPolicy", members)


POLICY = ResourceType(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    frozenset({"PolicyName", "PolicyType", "ScalingTargetId", "TargetTrackingScalingPolicyConfiguration"}),
    _put_policy,
    _delete_policy,
    _update_policy,
)

AUTOSCALING_TYPES = (TARGET, POLICY)
