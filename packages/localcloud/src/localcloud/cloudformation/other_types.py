"""Resource types of IAM, Budgets and CloudWatch that ministack lacks."""

from typing import Any

from localcloud.cloudformation.resource_type import Place, Properties, Resource, ResourceType


def _client(place: Place, service: str) -> Any:
    return place.cloud.host.client(place.scope, service)


def _create_provider(place: Place, given: Properties) -> Resource:
    # AWS ignores the thumbprint for GitHub, and it has been optional since 2024. ministack's API still requires one.
    answer = _client(place, "iam").create_open_id_connect_provider(
        Url=given["Url"],
        ClientIDList=given.get("ClientIdList", []),
        ThumbprintList=given.get("ThumbprintList") or ["0" * 40],
    )
    arn: str = answer["OpenIDConnectProviderArn"]
    return Resource(arn, {"Arn": arn})


def _update_provider(place: Place, physical_id: str, old: Properties, new: Properties) -> Resource:
    """Create the provider again with the new client ids.

    Its ARN depends only on its URL, which does not change.
    """
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
    """Return a budget in the form of the API, which requires the amount as a string, and a name."""
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


OTHER_TYPES = (OIDC_PROVIDER, BUDGET, COMPOSITE_ALARM)
