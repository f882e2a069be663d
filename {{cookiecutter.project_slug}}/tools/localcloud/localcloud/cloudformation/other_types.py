"""Types of other services that the hosting cloud lacks."""

from typing import Any

from localcloud.cloudformation.resource_type import Place, Properties, Resource, ResourceType
from localcloud.errors import AwsError

SCALABLE_TARGET, SCALING_POLICY = "ScalableTarget", "ScalingPolicy"


def _client(place: Place, service: str) -> Any:
    return place.cloud.host.client(place.scope, service)


def _create_provider(place: Place, given: Properties) -> Resource:
    # The thumbprint is ignored by AWS for GitHub, and optional since 2024; the API of the host still asks for one.
    answer = _client(place, "iam").create_open_id_connect_provider(
        Url=given["Url"],
        ClientIDList=given.get("ClientIdList", []),
        ThumbprintList=given.get("ThumbprintList") or ["0" * 40],
    )
    arn: str = answer["OpenIDConnectProviderArn"]
    return Resource(arn, {"Arn": arn})


def _update_provider(place: Place, physical_id: str, old: Properties, new: Properties) -> Resource:
    """Make it anew with the new client ids: its ARN follows from its URL, which stays."""
    _delete_provider(place, physical_id, old)
    return _create_provider(place, new)


def _delete_provider(place: Place, physical_id: str, _properties: Properties) -> None:
    _client(place, "iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)


OIDC_PROVIDER = ResourceType(
    "AWS::IAM::OIDCProvider",
    frozenset({"Url", "ClientIdList", "ThumbprintList", "Tags"}),
    _create_provider,
    _delete_provider,
    _update_provider,
)


def _budget(given: Properties, name: str) -> Properties:
    """The API wants the amount as text, and a name."""
    limit = {**given["Budget"]["BudgetLimit"], "Amount": str(given["Budget"]["BudgetLimit"]["Amount"])}
    return {"BudgetName": name, **given["Budget"], "BudgetLimit": limit}


def _create_budget(place: Place, given: Properties) -> Resource:
    budget = _budget(given, place.generated_name)
    _client(place, "budgets").create_budget(
        AccountId=place.scope.account,
        Budget=budget,
        NotificationsWithSubscribers=given.get("NotificationsWithSubscribers", []),
    )
    return Resource(budget["BudgetName"], {})


def _update_budget(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    _client(place, "budgets").update_budget(AccountId=place.scope.account, NewBudget=_budget(new, physical_id))
    return Resource(physical_id, {})


def _delete_budget(place: Place, physical_id: str, _properties: Properties) -> None:
    _client(place, "budgets").delete_budget(AccountId=place.scope.account, BudgetName=physical_id)


BUDGET = ResourceType(
    "AWS::Budgets::Budget",
    frozenset({"Budget", "NotificationsWithSubscribers", "ResourceTags"}),
    _create_budget,
    _delete_budget,
    _update_budget,
)


def _put_composite_alarm(place: Place, given: Properties) -> Resource:
    name = given.get("AlarmName") or place.generated_name
    _client(place, "cloudwatch").put_composite_alarm(**{**given, "AlarmName": name})
    found = _client(place, "cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    return Resource(name, {"Arn": found["CompositeAlarms"][0]["AlarmArn"]})


def _update_composite_alarm(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    return _put_composite_alarm(place, {**new, "AlarmName": physical_id})


def _delete_composite_alarm(place: Place, physical_id: str, _properties: Properties) -> None:
    _client(place, "cloudwatch").delete_alarms(AlarmNames=[physical_id])


COMPOSITE_ALARM = ResourceType(
    "AWS::CloudWatch::CompositeAlarm",
    frozenset(
        {
            "AlarmName",
            "AlarmRule",
            "AlarmDescription",
            "ActionsEnabled",
            "AlarmActions",
            "OKActions",
            "InsufficientDataActions",
            "Tags",
        }
    ),
    _put_composite_alarm,
    _delete_composite_alarm,
    _update_composite_alarm,
)


def _create_target(place: Place, given: Properties) -> Resource:
    """Registered, and checked as the service checks it; localcloud never scales by itself."""
    if given["MinCapacity"] > given["MaxCapacity"]:
        raise AwsError("ValidationException", "Minimum capacity cannot be greater than maximum capacity")
    kind, endpoint = given["ResourceId"].split("/")[:2]
    if kind == "endpoint" and place.cloud.store.get(place.scope, "Endpoint", endpoint) is None:
        raise AwsError("ValidationException", f"no such endpoint: {given['ResourceId']}")
    physical_id = f"{given['ResourceId']}|{given['ScalableDimension']}|{given['ServiceNamespace']}"
    place.cloud.store.put(place.scope, SCALABLE_TARGET, physical_id, given)
    return Resource(physical_id, {"Id": physical_id})


def _update_target(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    place.cloud.store.put(place.scope, SCALABLE_TARGET, physical_id, new)
    return Resource(physical_id, {"Id": physical_id})


def _delete_target(place: Place, physical_id: str, _properties: Properties) -> None:
    place.cloud.store.delete(place.scope, SCALABLE_TARGET, physical_id)


TARGET = ResourceType(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    frozenset({"MinCapacity", "MaxCapacity", "ResourceId", "ScalableDimension", "ServiceNamespace", "RoleARN", "Tags"}),
    _create_target,
    _delete_target,
    _update_target,
)


def _create_policy(place: Place, given: Properties) -> Resource:
    if place.cloud.store.get(place.scope, SCALABLE_TARGET, given["ScalingTargetId"]) is None:
        raise AwsError("ObjectNotFoundException", f"No scalable target registered: {given['ScalingTargetId']}")
    arn = f"arn:aws:autoscaling:{place.scope.region}:{place.scope.account}:scalingPolicy:{place.generated_name}"
    place.cloud.store.put(place.scope, SCALING_POLICY, arn, given)
    return Resource(arn, {"Arn": arn})


def _update_policy(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    place.cloud.store.put(place.scope, SCALING_POLICY, physical_id, new)
    return Resource(physical_id, {"Arn": physical_id})


def _delete_policy(place: Place, physical_id: str, _properties: Properties) -> None:
    place.cloud.store.delete(place.scope, SCALING_POLICY, physical_id)


POLICY = ResourceType(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    frozenset({"PolicyName", "PolicyType", "ScalingTargetId", "TargetTrackingScalingPolicyConfiguration"}),
    _create_policy,
    _delete_policy,
    _update_policy,
)

OTHER_TYPES = (OIDC_PROVIDER, BUDGET, COMPOSITE_ALARM, TARGET, POLICY)
