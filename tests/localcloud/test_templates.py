"""CloudFormation refuses a faulty template before it makes a resource, with its own codes and messages."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.localcloud.conftest import LocalCloud

QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLE: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


def queue(**properties: Any) -> dict[str, Any]:
    return {**QUEUE, "Properties": properties}


def resources(**members: Any) -> dict[str, Any]:
    return {"Resources": members}


def refusal(cloud: LocalCloud, template: dict[str, Any], **arguments: Any) -> tuple[str, str]:
    """Create a stack that is refused at once; returns code and message."""
    client = cloud.client("cloudformation")
    with pytest.raises(ClientError) as caught:
        client.create_stack(StackName="refused", TemplateBody=json.dumps(template), **arguments)
    with pytest.raises(ClientError, match="does not exist"):
        client.describe_stacks(StackName="refused")
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


# What a template is refused for is in tests/conformance, by change sets; CreateStack looks at it in the same way.
@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (resources(It=queue(QueueName={"Ref": "Missing"})), "ValidationError"),
        (resources(It={**QUEUE, "Colour": "red"}), "ValidationError"),
        (resources(It=ROLE), "InsufficientCapabilitiesException"),
    ],
    ids=["reference", "form", "capability"],
)
def test_a_stack_of_a_faulty_template_is_refused_at_once(
    cloud: LocalCloud, template: dict[str, Any], expected: str
) -> None:
    assert refusal(cloud, template)[0] == expected


def test_a_reference_in_a_branch_that_is_not_taken_may_be_left_out(cloud: LocalCloud) -> None:
    chosen = {"Fn::If": ["Never", {"Ref": "Other"}, {"Ref": "AWS::NoValue"}]}
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        **resources(Other={**QUEUE, "Condition": "Never"}, It={**queue(QueueName=chosen), "DependsOn": "Other"}),
    }
    client = cloud.client("cloudformation")
    client.create_stack(StackName="branches", TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName="branches", WaiterConfig={"Delay": 1})


# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
# The first is a condition of CDK's bootstrap template.
@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Not": [{"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "List"}]}]}]}, False),
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, True),
        ({"Fn::Equals": [{"Fn::Sub": "${AWS::Region}-${Word}"}, "eu-west-1-word"]}, True),
        ({"Fn::Equals": [{"Fn::FindInMap": ["Map", "a", "b"]}, "c"]}, True),
        ({"Fn::And": [{"Condition": "Always"}, {"Fn::Not": [{"Condition": "Always"}]}]}, False),
        ({"Fn::Or": [{"Condition": "Always"}, {"Fn::Not": [{"Condition": "Always"}]}]}, True),
    ],
    ids=["empty list", "region", "sub", "map", "and", "or"],
)
def test_a_condition_compares_values(
    cloud: LocalCloud, condition: dict[str, Any], holds: bool, request: pytest.FixtureRequest
) -> None:
    name = f"condition-{request.node.callspec.id.replace(' ', '-')}"
    template = {
        "Parameters": {
            "List": {"Type": "CommaDelimitedList", "Default": ""},
            "Word": {"Type": "String", "Default": "word"},
        },
        "Mappings": {"Map": {"a": {"b": "c"}}},
        "Conditions": {"Always": {"Fn::Equals": ["a", "a"]}, "It": condition},
        **resources(Base=QUEUE, Conditional={**QUEUE, "Condition": "It"}),
    }
    client = cloud.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = client.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert ("Conditional" in {entry["LogicalResourceId"] for entry in found}) is holds


def findings(cloud: LocalCloud, **names: str) -> list[tuple[str, str, str]]:
    events = cloud.client("cloudformation").describe_events(**names)["OperationEvents"]
    return [
        (event["LogicalResourceId"], event["ValidationPath"], event["ValidationStatusReason"])
        for event in events
        if event["EventType"] == "VALIDATION_ERROR"
    ]


def test_a_stack_with_faulty_properties_makes_nothing(cloud: LocalCloud) -> None:
    client = cloud.client("cloudformation")
    template = resources(Good=queue(QueueName="good-beside-faulty"), It=queue(Colour="red"))
    client.create_stack(StackName="faulty-stack", TemplateBody=json.dumps(template))
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName="faulty-stack", WaiterConfig={"Delay": 1})
    assert client.describe_stacks(StackName="faulty-stack")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = "extraneous key [Colour] is not permitted"
    assert findings(cloud, StackName="faulty-stack") == [("It", "/Resources/It/Properties", reason)]
    assert not [url for url in cloud.client("sqs").list_queues().get("QueueUrls", []) if "good-beside-faulty" in url]


def test_a_value_that_is_known_only_later_is_checked_before_the_resource_is_made(cloud: LocalCloud) -> None:
    # Source of the message: aws-samples/aws-bookstore-demo-app#56
    client = cloud.client("cloudformation")
    name = {"Fn::Join": ["", [{"Fn::GetAtt": ["First", "Arn"]}, "x" * 200]]}
    template = resources(First=QUEUE, It={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}})
    client.create_stack(StackName="late", TemplateBody=json.dumps(template))
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName="late", WaiterConfig={"Delay": 1})
    events = client.describe_stack_events(StackName="late")["StackEvents"]
    reason = next(event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED")
    assert reason.startswith(
        "Properties validation failed for resource It with message: [#/TopicName: expected maxLength"
    )


def updated(cloud: LocalCloud, name: str, resource: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """Create a stack and change properties; returns Replacement of the change set and the failure of the update."""
    client = cloud.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(resources(It=resource)))
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    body = json.dumps(resources(It={**resource, "Properties": {**resource["Properties"], **changes}}))
    client.create_change_set(StackName=name, ChangeSetName="c", TemplateBody=body)
    changed = client.describe_change_set(StackName=name, ChangeSetName="c")["Changes"][0]["ResourceChange"]
    client.execute_change_set(StackName=name, ChangeSetName="c")
    try:
        client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    except WaiterError:
        events = client.describe_stack_events(StackName=name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
        return changed["Replacement"], failed[-1]["ResourceStatusReason"]
    return changed["Replacement"], ""


BUDGET_SETTINGS = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 10, "Unit": "USD"}}


def budget(address: str, **name: str) -> dict[str, Any]:
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}
    subscribers = [{"SubscriptionType": "EMAIL", "Address": address}]
    return {
        "Budget": {**BUDGET_SETTINGS, **name},
        "NotificationsWithSubscribers": [{"Notification": notification, "Subscribers": subscribers}],
    }


# Sources: createOnlyProperties of AWS::Budgets::Budget's schema (cfn-lint 1.58.0), and
# https://repost.aws/knowledge-center/cloudformation-custom-name
def test_a_named_resource_is_not_replaced(cloud: LocalCloud) -> None:
    resource = {"Type": "AWS::Budgets::Budget", "Properties": budget("a@example.com", BudgetName="monthly")}
    changes = budget("b@example.com", BudgetName="monthly")
    replacement, reason = updated(cloud, "named-budget", resource, **changes)
    assert replacement == "True"
    assert reason == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename monthly and update the stack again."
    )


def test_an_unnamed_resource_is_replaced(cloud: LocalCloud) -> None:
    resource = {"Type": "AWS::Budgets::Budget", "Properties": budget("a@example.com")}
    assert updated(cloud, "unnamed-budget", resource, **budget("b@example.com")) == ("True", "")


def test_a_property_that_may_change_is_changed_in_place(cloud: LocalCloud) -> None:
    resource = {"Type": "AWS::Budgets::Budget", "Properties": budget("a@example.com", BudgetName="limit")}
    limit = {**BUDGET_SETTINGS, "BudgetName": "limit", "BudgetLimit": {"Amount": 20, "Unit": "USD"}}
    replacement, reason = updated(cloud, "limit-budget", resource, Budget=limit)
    assert (replacement, reason) == ("Conditional", "")
    found = cloud.client("budgets").describe_budget(AccountId="000000000000", BudgetName="limit")["Budget"]
    assert float(found["BudgetLimit"]["Amount"]) == 20
