"""AWS::SageMaker::Endpoint.

Waits until the endpoint is in service, and fails if SageMaker rolls the update back.
"""

import time

from localcloud.cloudformation.resource_type import Place, Properties, Resource, ResourceType, UpdateFailed
from localcloud.errors import AwsError
from localcloud.sagemaker.endpoints import BUSY
from localcloud.sagemaker.operations import Members, call

POLL_SECONDS = 0.05
UPDATE_MEMBERS = (
    "EndpointName",
    "EndpointConfigName",
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
)


def _settled(place: Place, name: str) -> Members:
    while True:
        endpoint = call(place.cloud, place.scope, "DescribeEndpoint", {"EndpointName": name})
        if endpoint["EndpointStatus"] not in BUSY or place.cloud.stopping.is_set():
            return endpoint
        time.sleep(POLL_SECONDS)


def _create(place: Place, given: Properties) -> Resource:
    name = given.get("EndpointName") or place.generated_name
    members: Members = {key: given[key] for key in ("EndpointConfigName", "DeploymentConfig", "Tags") if key in given}
    arn: str = call(place.cloud, place.scope, "CreateEndpoint", {**members, "EndpointName": name})["EndpointArn"]
    endpoint = _settled(place, name)
    if endpoint["EndpointStatus"] != "InService":
        _delete(place, arn, given)  # CloudFormation does not delete a resource whose creation failed
        raise UpdateFailed(f"Resource handler returned message: {endpoint.get('FailureReason', 'not in service')}")
    return _resource(arn, name)


def _resource(arn: str, name: str) -> Resource:
    return Resource(arn, {"EndpointName": name, "EndpointArn": arn})


def _update(place: Place, physical_id: str, _old: Properties, new: Properties) -> Resource:
    name = physical_id.rsplit("/", 1)[-1]
    endpoint = _settled(place, name)
    if endpoint["EndpointConfigName"] == new["EndpointConfigName"]:
        return _resource(physical_id, name)  # SageMaker has rolled back by itself, so the old configuration is in use
    members = {key: new[key] for key in UPDATE_MEMBERS if key in new}
    call(place.cloud, place.scope, "UpdateEndpoint", {**members, "EndpointName": name})
    endpoint = _settled(place, name)
    if endpoint["EndpointStatus"] != "InService" or endpoint["EndpointConfigName"] != new["EndpointConfigName"]:
        reason = endpoint.get("FailureReason", "the update was rolled back")
        raise UpdateFailed(f"Resource handler returned message: {reason}")
    return _resource(physical_id, name)


def _delete(place: Place, physical_id: str, _properties: Properties) -> None:
    name = physical_id.rsplit("/", 1)[-1]
    try:
        _settled(place, name)
        call(place.cloud, place.scope, "DeleteEndpoint", {"EndpointName": name})
    except AwsError as error:
        if "Could not find" not in error.message:
            raise


ENDPOINT = ResourceType(
    "AWS::SageMaker::Endpoint",
    frozenset({*UPDATE_MEMBERS, "Tags"}),
    _create,
    _delete,
    _update,
)
