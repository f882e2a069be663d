"""Resource types of AWS::SageMaker."""

import json
import time
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.endpoint_type import ENDPOINT, POLL_SECONDS
from localcloud.cloudformation.resource_type import Place, Properties, Resource, ResourceType
from localcloud.errors import AwsError
from localcloud.sagemaker.monitoring import DEFINITION_KINDS, PENDING
from localcloud.sagemaker.operations import Members, call

TAGS = "Tags"


def api(place: Place, operation: str, members: Members) -> Members:
    """Call a SageMaker operation and return its response."""
    return call(place.cloud, place.scope, operation, members)


def _gone(error: AwsError) -> bool:
    return any(words in error.message for words in ("Could not find", "does not exist", "not found"))


def _delete(operation: str, name_member: str) -> Callable[[Place, str, Properties], None]:
    def delete(place: Place, physical_id: str, _properties: Properties) -> None:
        try:
            api(place, operation, {name_member: physical_id.rsplit("/", 1)[-1]})
        except AwsError as error:
            if not _gone(error):
                raise

    return delete


def _named_by_us(what: str, properties: set[str]) -> ResourceType:
    """Return a resource type for which every change replaces the resource.

    The resource gets a generated name unless the template gives one.
    """
    name_member, arn_member = f"{what}Name", f"{what}Arn"

    def create(place: Place, given: Properties) -> Resource:
        name = given.get(name_member) or place.generated_name
        arn: str = api(place, f"Create{what}", {**given, name_member: name})[arn_member]
        return Resource(arn, {name_member: name, arn_member: arn, "Id": arn})

    return ResourceType(
        f"AWS::SageMaker::{what}",
        frozenset({*properties, name_member, TAGS}),
        create,
        _delete(f"Delete{what}", name_member),
    )


MODEL = _named_by_us("Model", {"PrimaryContainer", "ExecutionRoleArn", "EnableNetworkIsolation", "VpcConfig"})
ENDPOINT_CONFIG = _named_by_us(
    "EndpointConfig", {"ProductionVariants", "ShadowProductionVariants", "DataCaptureConfig", "KmsKeyId"}
)


def _job_definition(kind: str) -> ResourceType:
    what = f"{kind}JobDefinition"

    def create(place: Place, given: Properties) -> Resource:
        name = given.get("JobDefinitionName") or place.generated_name
        arn: str = api(place, f"Create{what}", {**given, "JobDefinitionName": name})["JobDefinitionArn"]
        return Resource(arn, {"JobDefinitionArn": arn, "JobDefinitionName": name})

    properties = {
        f"{kind}BaselineConfig",
        f"{kind}AppSpecification",
        f"{kind}JobInput",
        f"{kind}JobOutputConfig",
        "JobResources",
        "NetworkConfig",
        "RoleArn",
        "StoppingCondition",
        "JobDefinitionName",
    }
    return ResourceType(
        f"AWS::SageMaker::{what}",
        frozenset({*properties, TAGS}),
        create,
        _delete(f"Delete{what}", "JobDefinitionName"),
    )


def _settle_schedule(place: Place, name: str) -> None:
    """Wait until a schedule is no longer Pending. The service rejects changes until then."""
    members = {"MonitoringScheduleName": name}
    while api(place, "DescribeMonitoringSchedule", members)["MonitoringScheduleStatus"] == PENDING:
        time.sleep(POLL_SECONDS)


def _create_schedule(place: Place, given: Properties) -> Resource:
    arn: str = api(place, "CreateMonitoringSchedule", given)["MonitoringScheduleArn"]
    _settle_schedule(place, given["MonitoringScheduleName"])
    return Resource(arn, {"MonitoringScheduleArn": arn})


def _update_schedule(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    api(place, "UpdateMonitoringSchedule", {key: value for key, value in new.items() if key != TAGS})
    _settle_schedule(place, new["MonitoringScheduleName"])
    return Resource(physical_id, {"MonitoringScheduleArn": physical_id})


def _delete_schedule(place: Place, physical_id: str, properties: Properties) -> None:
    try:
        _settle_schedule(place, physical_id.rsplit("/", 1)[-1])
    except AwsError as error:
        if not _gone(error):
            raise
    _delete("DeleteMonitoringSchedule", "MonitoringScheduleName")(place, physical_id, properties)


MONITORING_SCHEDULE = ResourceType(
    "AWS::SageMaker::MonitoringSchedule",
    frozenset({"MonitoringScheduleName", "MonitoringScheduleConfig", TAGS}),
    _create_schedule,
    _delete_schedule,
    _update_schedule,
)


def _group_policy(place: Place, name: str, policy: Any) -> None:
    if policy:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        api(place, "PutModelPackageGroupPolicy", {"ModelPackageGroupName": name, "ResourcePolicy": text})
    else:
        api(place, "DeleteModelPackageGroupPolicy", {"ModelPackageGroupName": name})


def _group(arn: str) -> Resource:
    return Resource(arn, {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed"})


def _create_group(place: Place, given: Properties) -> Resource:
    members = {key: value for key, value in given.items() if key != "ModelPackageGroupPolicy"}
    arn: str = api(place, "CreateModelPackageGroup", members)["ModelPackageGroupArn"]
    if given.get("ModelPackageGroupPolicy"):
        _group_policy(place, given["ModelPackageGroupName"], given["ModelPackageGroupPolicy"])
    return _group(arn)


def _update_group(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    _group_policy(place, new["ModelPackageGroupName"], new.get("ModelPackageGroupPolicy"))
    return _group(physical_id)


MODEL_PACKAGE_GROUP = ResourceType(
    "AWS::SageMaker::ModelPackageGroup",
    frozenset({"ModelPackageGroupName", "ModelPackageGroupDescription", "ModelPackageGroupPolicy", TAGS}),
    _create_group,
    _delete("DeleteModelPackageGroup", "ModelPackageGroupName"),
    _update_group,
)


def _pipeline_members(given: Properties) -> Members:
    members = {key: value for key, value in given.items() if key not in ("PipelineDefinition", TAGS)}
    definition = given["PipelineDefinition"]
    if "PipelineDefinitionBody" in definition:
        return {**members, "PipelineDefinition": definition["PipelineDefinitionBody"]}
    return {**members, "PipelineDefinitionS3Location": definition["PipelineDefinitionS3Location"]}


def _create_pipeline(place: Place, given: Properties) -> Resource:
    token = f"cloudformation-{place.generated_name}".ljust(32, "-")
    tags = {TAGS: given[TAGS]} if TAGS in given else {}
    api(place, "CreatePipeline", {**_pipeline_members(given), **tags, "ClientRequestToken": token})
    return Resource(given["PipelineName"], {})


def _update_pipeline(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    api(place, "UpdatePipeline", _pipeline_members(new))
    return Resource(physical_id, {})


def _delete_pipeline(place: Place, physical_id: str, _properties: Properties) -> None:
    token = f"cloudformation-{place.generated_name}".ljust(32, "-")
    try:
        api(place, "DeletePipeline", {"PipelineName": physical_id, "ClientRequestToken": token})
    except AwsError as error:
        if not _gone(error):
            raise


PIPELINE = ResourceType(
    "AWS::SageMaker::Pipeline",
    frozenset(
        {
            "PipelineName",
            "PipelineDisplayName",
            "PipelineDescription",
            "PipelineDefinition",
            "RoleArn",
            "ParallelismConfiguration",
            TAGS,
        }
    ),
    _create_pipeline,
    _delete_pipeline,
    _update_pipeline,
)

SAGEMAKER_TYPES = (
    MODEL,
    ENDPOINT_CONFIG,
    ENDPOINT,
    MODEL_PACKAGE_GROUP,
    PIPELINE,
    MONITORING_SCHEDULE,
    *(_job_definition(kind) for kind in DEFINITION_KINDS),
)
