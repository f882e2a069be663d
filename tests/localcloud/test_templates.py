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


# Sources: https://repost.aws/knowledge-center/cloudformation-template-validation (unresolved resource dependencies);
# cfn-lint#92 (undefined condition), cfn-lint#99 (resources in Conditions); serverless-application-model#832 (a
# resource that a condition leaves out) and #258 (cycles); getmoto/moto exceptions.UnformattedGetAttTemplateException
# (attributes). The message for Fn::GetAtt of an undefined resource is assumed.
UNRESOLVED = "Template format error: Unresolved resource dependencies [Missing] in the Resources block of the template"
REFERENCES: list[tuple[str, dict[str, Any], str]] = [
    ("Ref", resources(It=queue(QueueName={"Ref": "Missing"})), UNRESOLVED),
    ("nested Ref", resources(It=queue(Tags=[{"Key": "a", "Value": {"Ref": "Missing"}}])), UNRESOLVED),
    ("Fn::Sub", resources(It=queue(QueueName={"Fn::Sub": "a-${Missing}"})), UNRESOLVED),
    ("Fn::Sub attribute", resources(It=queue(QueueName={"Fn::Sub": "a-${Missing.Arn}"})), UNRESOLVED),
    ("DependsOn", resources(It={**QUEUE, "DependsOn": "Missing"}), UNRESOLVED),
    (
        "Fn::GetAtt",
        resources(It=queue(QueueName={"Fn::GetAtt": ["Missing", "QueueName"]})),
        "Template error: instance of Fn::GetAtt references undefined resource Missing",
    ),
    (
        "attribute",
        resources(It=QUEUE, Other=queue(QueueName={"Fn::GetAtt": ["It", "Colour"]})),
        "Template error: resource It does not support attribute type Colour in Fn::GetAtt",
    ),
    (
        "output",
        {**resources(It=QUEUE), "Outputs": {"Text": {"Value": {"Ref": "Missing"}}}},
        UNRESOLVED.replace("Resources", "Outputs"),
    ),
    (
        "condition of a resource",
        resources(It={**QUEUE, "Condition": "Missing"}),
        "Template format error: Condition Missing is not defined.",
    ),
    (
        "condition of an If",
        resources(It=queue(QueueName={"Fn::If": ["Missing", "a", "b"]})),
        "Template error: unresolved condition dependency Missing in Fn::If",
    ),
    (
        "resource in a condition",
        {**resources(It=QUEUE), "Conditions": {"C": {"Fn::Equals": [{"Ref": "It"}, "a"]}}},
        "Template format error: Unresolved dependencies [It]. "
        "Cannot reference resources in the Conditions block of the template",
    ),
    (
        "left out by a condition",
        {
            "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
            **resources(Missing={**QUEUE, "Condition": "Never"}, It=queue(QueueName={"Ref": "Missing"})),
        },
        UNRESOLVED,
    ),
    (
        "cycle",
        resources(A={**QUEUE, "DependsOn": "B"}, B={**QUEUE, "DependsOn": "A"}),
        "Circular dependency between resources: [A, B]",
    ),
]


@pytest.mark.parametrize(
    ("template", "message"), [case[1:] for case in REFERENCES], ids=[case[0] for case in REFERENCES]
)
def test_a_reference_that_leads_nowhere_is_refused(cloud: LocalCloud, template: dict[str, Any], message: str) -> None:
    assert refusal(cloud, template) == ("ValidationError", message)


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


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"Resources": []},
        {"Resources": {"It": "text"}},
        {"Resources": {"It": {}}},
        resources(It={**QUEUE, "Properties": []}),
        resources(It={**QUEUE, "DependsOn": 1}),
        resources(It=queue(QueueName=None)),
        resources(It=queue(QueueName={"Fn::GetAtt": 1})),
        resources(It=queue(QueueName={"Fn::If": "It"})),
        {**resources(It=QUEUE), "Conditions": {"C": {"Condition": "Missing"}}},
        {**resources(It=QUEUE), "Conditions": {"C": {"Fn::Equals": 1}}},
        {**resources(It=QUEUE), "Outputs": {"Text": "text"}},
        {**resources(It=QUEUE), "Parameters": {"A": "text"}},
        {**resources(It=QUEUE), "Colour": "red"},
        {**resources(It=QUEUE), "AWSTemplateFormatVersion": "2026-11-25"},
        {**resources(It=QUEUE), "Parameters": {"A": {"Type": "Text", "Default": "a"}}},
        {**resources(It=QUEUE), "Parameters": {"A": {"Type": "String", "Default": "a", "Colour": "red"}}},
        resources(It={**QUEUE, "Colour": "red"}),
        resources(It={**QUEUE, "DeletionPolicy": "Keep"}),
        resources(It={**QUEUE, "UpdateReplacePolicy": "Keep"}),
        resources(It=queue(QueueName={"Ref": ["It"]})),
        resources(It=queue(QueueName={"Fn::Join": "a"})),
        resources(It=queue(QueueName={"Fn::Sub": ["a"]})),
    ],
    ids=json.dumps,
)
def test_a_malformed_template_is_a_validation_error(cloud: LocalCloud, template: dict[str, Any]) -> None:
    assert refusal(cloud, template)[0] == "ValidationError"


# Sources: deep-security/cloudformation#29 (not in the template), sat-utils/sat-api#25 (no value),
# ansible/ansible#24866 (a template without parameters), ministack's measured "must match pattern".
@pytest.mark.parametrize(
    ("declared", "given", "message"),
    [
        ({"A": {"Type": "String"}}, {"A": "a", "B": "b"}, "Parameters: [B] do not exist in the template"),
        ({"A": {"Type": "String"}}, {}, "Parameters: [A] must have values"),
        ({}, {"B": "b"}, "Parameter values specified for a template which does not require them."),
        (
            {"A": {"Type": "String", "AllowedPattern": "[a-z]+"}},
            {"A": "1"},
            "Parameter 'A' must match pattern [a-z]+",
        ),
    ],
    ids=["undeclared", "missing", "none declared", "pattern"],
)
def test_parameters_are_those_of_the_template(
    cloud: LocalCloud, declared: dict[str, Any], given: dict[str, str], message: str
) -> None:
    template = {"Parameters": declared, **resources(It=QUEUE)}
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    assert refusal(cloud, template, Parameters=parameters) == ("ValidationError", message)


# Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html ("Capabilities")
@pytest.mark.parametrize(
    ("properties", "given", "needed"),
    [
        ({}, [], "CAPABILITY_IAM"),
        ({"RoleName": "named"}, [], "CAPABILITY_NAMED_IAM"),
        ({"RoleName": "named"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
    ids=["unnamed", "named", "too little"],
)
def test_a_role_needs_a_capability(
    cloud: LocalCloud, properties: dict[str, str], given: list[str], needed: str
) -> None:
    template = resources(It={**ROLE, "Properties": {**ROLE["Properties"], **properties}})
    expected = ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")
    assert refusal(cloud, template, Capabilities=given) == expected


# Sources: aws/aws-cdk-cli#1463 (the required property), https://github.com/everit-org/json-schema and
# cloudformation-resource-schema's ValidationException (the other texts; that early validation has them is assumed).
PROPERTIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown", queue(Colour="red"), "", "extraneous key [Colour] is not permitted"),
    ("unknown beside a known one", queue(QueueName="a", Colour="red"), "", "extraneous key [Colour] is not permitted"),
    ("read-only", queue(Arn="arn"), "", "extraneous key [Arn] is not permitted"),
    ("type", queue(DelaySeconds=[1]), "/DelaySeconds", "expected type: Integer, found: JSONArray"),
    ("text for a number", queue(DelaySeconds="soon"), "/DelaySeconds", "expected type: Integer, found: String"),
    (
        "required",
        {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p"}},
        "",
        "Required property [PolicyDocument] not found",
    ),
    (
        "nested",
        queue(Tags=[{"Key": "a"}]),
        "/Tags/0",
        "Required property [Value] not found",
    ),
    (
        "enum",
        {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Runtime": "python9.9", "Role": "arn:aws:iam::1:role/r", "Code": {}},
        },
        "/Runtime",
        "failed validation constraint for keyword [enum]",
    ),
    (
        "pattern",
        {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "Bad_Name"}},
        "/BucketName",
        "failed validation constraint for keyword [pattern]",
    ),
    (
        "length",
        {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t" * 257}},
        "/TopicName",
        "expected maxLength: 256, actual: 257",
    ),
]


def findings(cloud: LocalCloud, **names: str) -> list[tuple[str, str, str]]:
    events = cloud.client("cloudformation").describe_events(**names)["OperationEvents"]
    return [
        (event["LogicalResourceId"], event["ValidationPath"], event["ValidationStatusReason"])
        for event in events
        if event["EventType"] == "VALIDATION_ERROR"
    ]


@pytest.mark.parametrize(
    ("resource", "path", "reason"), [case[1:] for case in PROPERTIES], ids=[case[0] for case in PROPERTIES]
)
def test_a_change_set_with_faulty_properties_fails(
    cloud: LocalCloud, resource: dict[str, Any], path: str, reason: str
) -> None:
    client = cloud.client("cloudformation")
    body = json.dumps(resources(It=resource))
    made = client.create_change_set(
        StackName="faulty",
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=body,
        Capabilities=["CAPABILITY_IAM"],
    )
    described = client.describe_change_set(ChangeSetName=made["Id"])
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "AWS::EarlyValidation::PropertyValidation" in described["StatusReason"]
    assert ("It", f"/Resources/It/Properties{path}", reason) in findings(cloud, ChangeSetName=made["Id"])
    client.delete_stack(StackName="faulty")


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
