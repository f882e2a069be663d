"""CloudFormation: the types that localcloud adds, changes that it sees, rollbacks, and what it refuses."""

import json
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.localcloud.conftest import IMAGE, ROLE, LocalCloud
from tests.localcloud.test_endpoints import invoke, put_model

BODY = {"Parameters": {"Model": {"Type": "String", "Default": ""}, "Crash": {"Type": "String", "Default": ""}}}
HAS_MODEL = {"HasModel": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Model"}, ""]}]}}


def serving_template(name: str) -> dict[str, Any]:
    """An endpoint while there is a model: as the template's own stacks do it, with as little as possible."""
    environment = {"MODEL_DIRECTORY": "/opt/ml/model", "DIES": {"Ref": "Crash"}}
    model = {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": {"Ref": "Model"}, "Environment": environment},
    }
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model1", "ModelName"]},
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }
    config = {"ProductionVariants": [variant]}
    endpoint = {"EndpointName": name, "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}
    return {
        **deepcopy(BODY),
        "Conditions": HAS_MODEL,
        "Resources": {
            "Always": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{name}-always"}},
            "Model1": {"Type": "AWS::SageMaker::Model", "Condition": "HasModel", "Properties": model},
            "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Condition": "HasModel", "Properties": config},
            "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Condition": "HasModel", "Properties": endpoint},
        },
        "Outputs": {"ConfigName": {"Condition": "HasModel", "Value": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}},
    }


class Stack:
    """One stack and its changes."""

    def __init__(self, cloud: LocalCloud, name: str, template: dict[str, Any]) -> None:
        self.cloud, self.name, self.client = cloud, name, cloud.client("cloudformation")
        self.client.create_stack(StackName=name, TemplateBody=json.dumps(template))
        try:
            self.client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        except WaiterError:
            events = self.client.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [entry for entry in events if entry["ResourceStatus"].endswith("FAILED")]
            raise AssertionError(reasons) from None

    def change(self, **parameters: str) -> list[dict[str, Any]]:
        """Prepare a change of parameters; returns the changes."""
        known = [entry["ParameterKey"] for entry in self.described["Parameters"]]
        given = [
            {"ParameterKey": key, "ParameterValue": parameters[key]}
            if key in parameters
            else {"ParameterKey": key, "UsePreviousValue": True}
            for key in known
        ]
        arguments = {"StackName": self.name, "ChangeSetName": "change"}
        self.client.delete_change_set(**arguments)
        self.client.create_change_set(**arguments, UsePreviousTemplate=True, Parameters=given)
        self.client.get_waiter("change_set_create_complete").wait(**arguments, WaiterConfig={"Delay": 1})
        changes = self.client.describe_change_set(**arguments)["Changes"]
        return [change["ResourceChange"] for change in changes]

    def execute(self) -> str:
        """Execute the change; returns the stack's status."""
        self.client.execute_change_set(StackName=self.name, ChangeSetName="change")
        with suppress(WaiterError):
            self.client.get_waiter("stack_update_complete").wait(StackName=self.name, WaiterConfig={"Delay": 1})
        status: str = self.described["StackStatus"]
        return status

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return found

    @property
    def resources(self) -> set[str]:
        found = self.client.list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        return {entry["LogicalResourceId"] for entry in found if not entry["ResourceStatus"].startswith("DELETE")}


def generated_models(cloud: LocalCloud) -> set[str]:
    """Models that CloudFormation named: by their logical id, and something random."""
    pages = cloud.client("sagemaker").get_paginator("list_models").paginate(NameContains="Model1-")
    return {model["ModelName"] for page in pages for model in page["Models"]}


def test_an_endpoint_lives_and_dies_with_its_parameter(cloud: LocalCloud) -> None:
    others = generated_models(cloud)
    stack = Stack(cloud, "life", serving_template("life"))
    assert stack.resources == {"Always"}
    added = {(change["LogicalResourceId"], change["Action"]) for change in stack.change(Model=put_model(cloud, "one"))}
    assert added == {("Model1", "Add"), ("Config", "Add"), ("Endpoint", "Add")}
    assert stack.execute() == "UPDATE_COMPLETE"
    assert invoke(cloud, "life")["model"] == "one"
    changes = {change["LogicalResourceId"]: change for change in stack.change(Model=put_model(cloud, "two"))}
    assert changes["Model1"]["Replacement"] == "True"
    assert changes["Endpoint"]["Replacement"] == "False"
    assert stack.execute() == "UPDATE_COMPLETE"
    assert invoke(cloud, "life")["model"] == "two"
    assert len(generated_models(cloud) - others) == 1, "the replaced model is gone"
    removed = {(change["LogicalResourceId"], change["Action"]) for change in stack.change(Model="")}
    assert removed == {("Model1", "Remove"), ("Config", "Remove"), ("Endpoint", "Remove")}
    assert stack.execute() == "UPDATE_COMPLETE"
    assert stack.resources == {"Always"}
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.client("sagemaker").describe_endpoint(EndpointName="life")


def test_a_failing_update_gives_back_parameter_endpoint_and_names(cloud: LocalCloud) -> None:
    others = generated_models(cloud)
    stack = Stack(cloud, "failing", serving_template("failing"))
    good = put_model(cloud, "good")
    stack.change(Model=good)
    stack.execute()
    sagemaker = cloud.client("sagemaker")
    before = sagemaker.describe_endpoint(EndpointName="failing")["EndpointConfigName"]
    stack.change(Model=put_model(cloud, "bad"), Crash="1")
    assert stack.execute() == "UPDATE_ROLLBACK_COMPLETE"
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.described["Parameters"]}
    assert parameters == {"Model": good, "Crash": ""}
    assert sagemaker.describe_endpoint(EndpointName="failing")["EndpointConfigName"] == before
    assert invoke(cloud, "failing")["model"] == "good"
    serving = sagemaker.describe_endpoint_config(EndpointConfigName=before)["ProductionVariants"][0]["ModelName"]
    assert generated_models(cloud) - others == {serving}
    stack.change(Model=put_model(cloud, "better"))
    assert stack.execute() == "UPDATE_COMPLETE", "the next release works"


def test_a_change_of_outputs_only_is_a_change(cloud: LocalCloud) -> None:
    template: dict[str, Any] = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Text": {"Value": "one"}},
    }
    stack = Stack(cloud, "outputs", template)
    template["Outputs"]["Text"]["Value"] = "two"
    stack.client.create_change_set(StackName="outputs", ChangeSetName="change", TemplateBody=json.dumps(template))
    stack.client.get_waiter("change_set_create_complete").wait(
        StackName="outputs", ChangeSetName="change", WaiterConfig={"Delay": 1}
    )
    assert stack.execute() == "UPDATE_COMPLETE"
    assert stack.described["Outputs"][0]["OutputValue"] == "two"


def failed_reason(cloud: LocalCloud, name: str, resource: dict[str, Any]) -> str:
    """Create a stack that cannot be; returns the reason."""
    client = cloud.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"It": resource}}))
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return str(next(entry["ResourceStatusReason"] for entry in events if entry["ResourceStatus"] == "CREATE_FAILED"))


def test_a_property_that_would_be_ignored_fails_the_stack(cloud: LocalCloud) -> None:
    resource = {
        "Type": "AWS::SageMaker::Model",
        "Properties": {"ExecutionRoleArn": ROLE, "Containers": [{"Image": IMAGE}]},
    }
    assert "localcloud does not implement Containers" in failed_reason(cloud, "ignored", resource)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("AWS::SageMaker::Colour", "Unrecognized resource types"),
        ("AWS::SageMaker::Domain", "NotInLocalcloud: .* AWS::SageMaker::Domain"),
    ],
)
def test_a_type_that_nobody_knows_and_one_that_localcloud_lacks(cloud: LocalCloud, name: str, message: str) -> None:
    body = json.dumps({"Resources": {"It": {"Type": name, "Properties": {}}}})
    with pytest.raises(ClientError, match=message):
        cloud.client("cloudformation").create_stack(StackName="unknown", TemplateBody=body)


def test_an_endpoint_that_does_not_come_up_leaves_nothing(cloud: LocalCloud) -> None:
    template = serving_template("stillborn")
    template["Parameters"]["Model"]["Default"] = put_model(cloud, "stillborn")
    template["Parameters"]["Crash"]["Default"] = "1"
    client = cloud.client("cloudformation")
    client.create_stack(StackName="stillborn", TemplateBody=json.dumps(template))
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName="stillborn", WaiterConfig={"Delay": 1})
    assert client.describe_stacks(StackName="stillborn")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="Could not find endpoint"):
        cloud.client("sagemaker").describe_endpoint(EndpointName="stillborn")


def test_a_bucket_with_objects_is_not_deleted(cloud: LocalCloud) -> None:
    resources = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-bucket"}}}
    Stack(cloud, "full", {"Resources": resources})
    cloud.client("s3").put_object(Bucket="full-bucket", Key="key", Body=b"x")
    client = cloud.client("cloudformation")
    client.delete_stack(StackName="full")
    with pytest.raises(WaiterError):
        client.get_waiter("stack_delete_complete").wait(StackName="full", WaiterConfig={"Delay": 1})
    assert cloud.client("s3").list_objects_v2(Bucket="full-bucket")["KeyCount"] == 1


SCHEDULE = {
    "MonitoringScheduleName": "looked-after-data-quality",
    "MonitoringScheduleConfig": {
        "MonitoringType": "DataQuality",
        "MonitoringJobDefinitionName": {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Definition"}]}]},
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    },
}
CHECKS: list[tuple[str, dict[str, Any], Callable[[Any], Any], str]] = [
    (
        "AWS::IAM::OIDCProvider",
        {"Url": "https://token.actions.githubusercontent.com", "ClientIdList": ["sts.amazonaws.com"]},
        lambda client: client.list_open_id_connect_providers()["OpenIDConnectProviderList"],
        "iam",
    ),
    (
        "AWS::SageMaker::ModelPackageGroup",
        {"ModelPackageGroupName": "by-stack", "ModelPackageGroupPolicy": {"Version": "2012-10-17", "Statement": []}},
        lambda client: client.get_model_package_group_policy(ModelPackageGroupName="by-stack"),
        "sagemaker",
    ),
    (
        "AWS::CloudWatch::CompositeAlarm",
        {"AlarmName": "composed", "AlarmRule": "FALSE"},
        lambda client: client.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"],
        "cloudwatch",
    ),
]


@pytest.mark.parametrize(("kind", "properties", "look", "service"), CHECKS, ids=[check[0] for check in CHECKS])
def test_a_resource_is_there_and_goes(
    cloud: LocalCloud, kind: str, properties: dict[str, Any], look: Callable[[Any], Any], service: str
) -> None:
    name = f"one-{kind.rsplit(':', 1)[-1]}"
    stack = Stack(cloud, name, {"Resources": {"It": {"Type": kind, "Properties": properties}}})
    assert look(cloud.client(service))
    stack.client.delete_stack(StackName=name)
    stack.client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_a_monitoring_schedule_comes_with_a_stack(cloud: LocalCloud) -> None:
    template = serving_template("looked-after")
    template["Parameters"]["Model"]["Default"] = put_model(cloud, "looked-after")
    definition = {
        "DataQualityAppSpecification": {"ImageUri": IMAGE},
        "DataQualityJobInput": {
            "EndpointInput": {"EndpointName": "looked-after", "LocalPath": "/opt/ml/processing/input"}
        },
        "DataQualityJobOutputConfig": {
            "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://test-bucket/m", "LocalPath": "/opt/ml/processing/out"}}]
        },
        "JobResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        "RoleArn": ROLE,
    }
    template["Resources"]["Definition"] = {
        "Type": "AWS::SageMaker::DataQualityJobDefinition",
        "DependsOn": "Endpoint",
        "Properties": definition,
    }
    template["Resources"]["Schedule"] = {"Type": "AWS::SageMaker::MonitoringSchedule", "Properties": SCHEDULE}
    Stack(cloud, "looked-after", template)
    found = cloud.client("sagemaker").describe_monitoring_schedule(MonitoringScheduleName="looked-after-data-quality")
    assert found["MonitoringScheduleStatus"] == "Scheduled"
