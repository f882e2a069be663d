"""Twelve resources of every kind, made by raw calls in an account of their own, and every operation called once."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from localcloud.instance import Instance

from tests.conformance.raw_calls import RawCalls
from tests.conftest import LOCALCLOUD
from tests.localcloud.conftest import IMAGE as BUILT_IMAGE
from tests.localcloud.conftest import TRUST, LocalCloud
from tests.localcloud.waiting import wait_until
from tests.ports import reserved_port

ACCOUNT, REGION = "444444444444", "eu-west-1"
BUCKET = "conformance-world"
IMAGE = BUILT_IMAGE.replace("000000000000", ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/world"
NUMBER = 12
NAMES = [f"{'even' if number % 2 == 0 else 'odd'}-{number:02}" for number in range(NUMBER)]
KINDS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
TOKEN = "0" * 32
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
SPECIFICATION = {
    "Containers": [{"Image": IMAGE}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}
OUTPUTS = {"MonitoringOutputs": [{"S3Output": {"S3Uri": f"s3://{BUCKET}/m", "LocalPath": "/opt/ml/processing/o"}}]}
CONDITIONS = {"Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}], "IfSteps": [], "ElseSteps": []}
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [{"Name": name, "Type": "String", "DefaultValue": ""} for name in NAMES],
    "Steps": [{"Name": name, "Type": "Condition", "Arguments": CONDITIONS} for name in NAMES],
}


def variant(model: str) -> dict[str, Any]:
    return {"VariantName": "V", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


def processing_job(name: str, *arguments: str) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python", "-S", "job.py"],
            "ContainerArguments": list(arguments) or ["--text", "t"],
        },
        "RoleArn": ROLE,
    }


def training_job(name: str, *arguments: str) -> dict[str, Any]:
    specification = {"TrainingInputMode": "File", "TrainingImage": IMAGE, "ContainerEntrypoint": ["python", "job.py"]}
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {**specification, "ContainerArguments": list(arguments) or ["--text", "t"]},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "RoleArn": ROLE,
    }


def job_definition(kind: str, name: str) -> dict[str, Any]:
    endpoint: dict[str, Any] = {"EndpointName": NAMES[0], "LocalPath": "/opt/ml/processing/i"}
    application: dict[str, Any] = {"ImageUri": IMAGE}
    job_input: dict[str, Any] = {"EndpointInput": endpoint}
    if kind == "ModelQuality":
        application["ProblemType"] = "Regression"
    if kind in ("ModelBias", "ModelExplainability"):
        application["ConfigUri"] = f"s3://{BUCKET}/config.json"
    if kind in ("ModelQuality", "ModelBias"):
        job_input["GroundTruthS3Input"] = {"S3Uri": f"s3://{BUCKET}/truth"}
    return {
        "JobDefinitionName": name,
        f"{kind}AppSpecification": application,
        f"{kind}JobInput": job_input,
        f"{kind}JobOutputConfig": OUTPUTS,
        "JobResources": {"ClusterConfig": CLUSTER},
        "RoleArn": ROLE,
    }


def schedule(name: str) -> dict[str, Any]:
    config = {
        "MonitoringJobDefinitionName": NAMES[0],
        "MonitoringType": "DataQuality",
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    }
    return {"MonitoringScheduleName": name, "MonitoringScheduleConfig": config}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawCalls]:
    """A world in a localcloud of its own, whose minutes last a second."""
    os.environ["PYTHONPATH"] = str(LOCALCLOUD)  # servers are started as `python -m localcloud.server`
    instance = Instance(tmp_path_factory.mktemp("world"))
    running, _ = instance.start(reserved_port(), time_scale=60)
    cloud = LocalCloud(instance, running)
    cloud.prepare()
    cloud.images.tag_again(BUILT_IMAGE, IMAGE)
    cloud.images.push(IMAGE)
    yield build_world(cloud)
    instance.stop(running)


def build_world(cloud: LocalCloud) -> RawCalls:
    """Make everything; returns the calls, with what was asked and answered."""
    s3 = cloud.client("s3", ACCOUNT)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud.make_role("world", TRUST, ACCOUNT)
    world = RawCalls(cloud.running.url, ACCOUNT, REGION)
    _make_jobs(world)
    _make_serving(world)
    _make_registry(world)
    _make_monitoring(world)
    _make_pipelines(world)
    _settle(world)
    _describe(world)
    _change_and_remove(world)
    _list(world)
    return world


def _make_jobs(world: RawCalls) -> None:
    for name in NAMES:
        world.accepted("CreateProcessingJob", **processing_job(name))
        world.accepted("CreateTrainingJob", **training_job(name))


def _make_serving(world: RawCalls) -> None:
    container = {"Image": IMAGE, "Environment": {"DIES": "at once"}}
    for name in NAMES:
        world.accepted("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    for name in NAMES:
        world.accepted("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant(NAMES[0])])
    for name in NAMES:
        world.accepted("CreateEndpoint", EndpointName=name, EndpointConfigName=NAMES[0])


def _make_registry(world: RawCalls) -> None:
    for name in NAMES:
        world.accepted("CreateModelPackageGroup", ModelPackageGroupName=name)
    for number in range(NUMBER):
        status = "Approved" if number % 3 == 0 else "PendingManualApproval"
        world.accepted(
            "CreateModelPackage",
            ModelPackageGroupName=NAMES[0],
            InferenceSpecification=SPECIFICATION,
            ModelApprovalStatus=status,
        )


def _make_monitoring(world: RawCalls) -> None:
    for kind in KINDS:
        for name in NAMES:
            world.accepted(f"Create{kind}JobDefinition", **job_definition(kind, name))
    for name in NAMES:
        world.accepted("CreateMonitoringSchedule", **schedule(name))


def _make_pipelines(world: RawCalls) -> None:
    text = json.dumps(DEFINITION)
    for name in NAMES:
        world.accepted(
            "CreatePipeline", PipelineName=name, PipelineDefinition=text, RoleArn=ROLE, ClientRequestToken=TOKEN
        )
    parameters = [{"Name": name, "Value": "v"} for name in NAMES]
    for number in range(NUMBER):
        world.accepted(
            "StartPipelineExecution",
            PipelineName=NAMES[0],
            PipelineParameters=parameters,
            ClientRequestToken=f"{number:032}",
        )


def first_execution(world: RawCalls) -> str:
    arn: str = world.answers["StartPipelineExecution"][0]["PipelineExecutionArn"]
    return arn


def first_version(world: RawCalls) -> str:
    arn: str = world.answers["CreateModelPackage"][0]["ModelPackageArn"]
    return arn


def _settle(world: RawCalls) -> None:
    """Wait until nothing changes by itself any more."""
    waited = [
        ("DescribeProcessingJob", "ProcessingJobName", "ProcessingJobStatus", "InProgress"),
        ("DescribeTrainingJob", "TrainingJobName", "TrainingJobStatus", "InProgress"),
        ("DescribeEndpoint", "EndpointName", "EndpointStatus", "Creating"),
        ("DescribeMonitoringSchedule", "MonitoringScheduleName", "MonitoringScheduleStatus", "Pending"),
    ]
    for operation, member, status, busy in waited:
        for name in NAMES:
            wait_until(
                lambda operation=operation, member=member, status=status, busy=busy, name=name: (  # type: ignore[misc]
                    world.call(operation, **{member: name}).content[status] != busy
                ),
                60,
            )
    for answer in world.answers["StartPipelineExecution"]:
        arn = answer["PipelineExecutionArn"]
        wait_until(
            lambda arn=arn: (  # type: ignore[misc]
                world.call("DescribePipelineExecution", PipelineExecutionArn=arn).content["PipelineExecutionStatus"]
                != "Executing"
            )
        )


def _describe(world: RawCalls) -> None:
    name, execution = NAMES[0], first_execution(world)
    for member in NAMES:
        job = world.call("DescribeTrainingJob", TrainingJobName=member).content
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    for operation, member in {
        "DescribeProcessingJob": "ProcessingJobName",
        "DescribeTrainingJob": "TrainingJobName",
        "DescribeModel": "ModelName",
        "DescribeEndpointConfig": "EndpointConfigName",
        "DescribeEndpoint": "EndpointName",
        "DescribeModelPackageGroup": "ModelPackageGroupName",
        "DescribeMonitoringSchedule": "MonitoringScheduleName",
        "DescribePipeline": "PipelineName",
    }.items():
        world.accepted(operation, **{member: name})
    for kind in KINDS:
        world.accepted(f"Describe{kind}JobDefinition", JobDefinitionName=name)
    world.accepted("DescribeModelPackage", ModelPackageName=first_version(world))
    for operation in ("DescribePipelineExecution", "DescribePipelineDefinitionForExecution"):
        world.accepted(operation, PipelineExecutionArn=execution)


def _change_and_remove(world: RawCalls) -> None:
    """Call what changes and removes, on resources beside the twelve."""
    _change_registry(world)
    _change_jobs_and_pipelines(world)
    _change_serving_and_monitoring(world)


def _change_registry(world: RawCalls) -> None:
    arn = world.call("CreateModelPackageGroup", ModelPackageGroupName="extra").content["ModelPackageGroupArn"]
    world.accepted("AddTags", ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    world.accepted("DeleteTags", ResourceArn=arn, TagKeys=["other"])
    world.accepted("ListTags", ResourceArn=arn)
    policy = {"ModelPackageGroupName": "extra", "ResourcePolicy": '{"Version": "2012-10-17", "Statement": []}'}
    world.accepted("PutModelPackageGroupPolicy", **policy)
    world.accepted("GetModelPackageGroupPolicy", ModelPackageGroupName="extra")
    world.accepted("DeleteModelPackageGroupPolicy", ModelPackageGroupName="extra")
    version = {"ModelPackageGroupName": "extra", "InferenceSpecification": SPECIFICATION}
    made = world.call("CreateModelPackage", **version).content["ModelPackageArn"]
    world.accepted("UpdateModelPackage", ModelPackageArn=made, ModelApprovalStatus="Approved")
    world.accepted("DeleteModelPackage", ModelPackageName=made)
    world.accepted("DeleteModelPackageGroup", ModelPackageGroupName="extra")


def _change_jobs_and_pipelines(world: RawCalls) -> None:
    """Stop jobs and an execution in another region, so that the twelve stay twelve."""
    world.region = "eu-central-1"
    for create, stop, job in (
        ("CreateProcessingJob", "StopProcessingJob", processing_job("stopped", "--sleep", "30")),
        ("CreateTrainingJob", "StopTrainingJob", training_job("stopped", "--sleep", "30")),
    ):
        assert world.call(create, **job).status == 200
        member = next(name for name in job if name.endswith("JobName"))
        world.accepted(stop, **{member: "stopped"})
    step = {"Name": "Long", "Type": "Processing", "Arguments": processing_job("x", "--sleep", "30")}
    del step["Arguments"]["ProcessingJobName"]  # type: ignore[attr-defined]
    text = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    pipeline = {"PipelineName": "extra", "PipelineDefinition": text, "RoleArn": ROLE, "ClientRequestToken": TOKEN}
    assert world.call("CreatePipeline", **pipeline).status == 200
    world.accepted("UpdatePipeline", PipelineName="extra", PipelineDescription="changed")
    started = world.call("StartPipelineExecution", PipelineName="extra", ClientRequestToken=TOKEN).content
    arn = started["PipelineExecutionArn"]
    world.accepted("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=TOKEN)
    world.accepted("DeletePipeline", PipelineName="extra", ClientRequestToken=TOKEN)
    world.region = REGION


def _change_serving_and_monitoring(world: RawCalls) -> None:
    container = {"Image": IMAGE, "Environment": {"MODEL_DIRECTORY": "/opt/ml/model"}}
    assert world.call("CreateModel", ModelName="x", ExecutionRoleArn=ROLE, PrimaryContainer=container).status == 200
    for name in ("x", "y"):
        config = {"EndpointConfigName": name, "ProductionVariants": [variant("x")]}
        assert world.call("CreateEndpointConfig", **config).status == 200
    assert world.call("CreateEndpoint", EndpointName="x", EndpointConfigName="x").status == 200
    wait_until(lambda: world.call("DescribeEndpoint", EndpointName="x").content["EndpointStatus"] == "InService")
    world.accepted("DescribeEndpoint", EndpointName="x")
    world.accepted("UpdateEndpoint", EndpointName="x", EndpointConfigName="y")
    wait_until(lambda: world.call("DescribeEndpoint", EndpointName="x").content["EndpointStatus"] == "InService")
    assert world.call("CreateDataQualityJobDefinition", **job_definition("DataQuality", "x")).status == 200
    assert world.call("CreateMonitoringSchedule", **schedule("x")).status == 200
    for operation in ("UpdateMonitoringSchedule", "StopMonitoringSchedule", "StartMonitoringSchedule"):
        _wait_for_schedule(world)
        members = schedule("x") if operation.startswith("Update") else {"MonitoringScheduleName": "x"}
        world.accepted(operation, **members)
    _wait_for_schedule(world)
    world.accepted("DeleteMonitoringSchedule", MonitoringScheduleName="x")
    world.accepted("DeleteDataQualityJobDefinition", JobDefinitionName="x")
    for kind in KINDS[1:]:
        assert world.call(f"Create{kind}JobDefinition", **job_definition(kind, "x")).status == 200
        world.accepted(f"Delete{kind}JobDefinition", JobDefinitionName="x")
    world.accepted("DeleteEndpoint", EndpointName="x")
    for name in ("x", "y"):
        world.accepted("DeleteEndpointConfig", EndpointConfigName=name)
    world.accepted("DeleteModel", ModelName="x")


def _wait_for_schedule(world: RawCalls) -> None:
    def settled() -> bool:
        found = world.call("DescribeMonitoringSchedule", MonitoringScheduleName="x").content
        return bool(found["MonitoringScheduleStatus"] != "Pending")

    wait_until(settled)


LISTS: dict[str, dict[str, str]] = {
    "ListProcessingJobs": {},
    "ListTrainingJobs": {},
    "ListModels": {},
    "ListEndpointConfigs": {},
    "ListEndpoints": {},
    "ListModelPackageGroups": {},
    "ListModelPackages": {"ModelPackageGroupName": NAMES[0]},
    "ListMonitoringSchedules": {},
    "ListMonitoringExecutions": {},
    "ListPipelines": {},
    "ListPipelineExecutions": {"PipelineName": NAMES[0]},
    **{f"List{kind}JobDefinitions": {} for kind in KINDS},
}
OF_AN_EXECUTION = ("ListPipelineExecutionSteps", "ListPipelineParametersForExecution")


def fixed_members(world: RawCalls, operation: str) -> dict[str, str]:
    """Members that say whose resources are listed."""
    if operation in OF_AN_EXECUTION:
        return {"PipelineExecutionArn": first_execution(world)}
    return LISTS[operation]


def _list(world: RawCalls) -> None:
    for operation in (*LISTS, *OF_AN_EXECUTION):
        world.accepted(operation, **fixed_members(world, operation))
