"""Record of an endpoint, and the parts of it that DescribeEndpoint and events contain."""

from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import validation_error
from localcloud.sagemaker.models import find_model, resolved_container
from localcloud.sagemaker.operations import Members
from localcloud.scope import Scope

KIND = "Endpoint"
EVENT = "SageMaker Endpoint State Change"
EVENT_STATUS = {
    "InService": "IN_SERVICE",
    "Creating": "CREATING",
    "Updating": "UPDATING",
    "Failed": "FAILED",
    "Deleting": "DELETING",
}
INSIDE = ("Serves", "PendingDeploymentSummary")


def find_endpoint(cloud: Cloud, scope: Scope, name: str) -> Members:
    """Return an endpoint.

    Raises:
        AwsError: ValidationException if there is none of that name.
    """
    endpoint = cloud.store.get(scope, KIND, name)
    if endpoint is None:
        raise validation_error(f'Could not find endpoint "{scope.arn("endpoint", name)}".')
    return endpoint


def write(cloud: Cloud, scope: Scope, endpoint: Members) -> bool:
    """Write the record of an endpoint. Return False if a reset or a deletion has removed it."""
    with cloud.store.alone():
        found = cloud.store.get(scope, KIND, endpoint["EndpointName"])
        if found is None or found["CreationTime"] != endpoint["CreationTime"]:
            return False
        cloud.store.put(scope, KIND, endpoint["EndpointName"], endpoint)
        return True


def set_status(cloud: Cloud, scope: Scope, endpoint: Members, status: str) -> None:
    """Set the status of an endpoint that still exists, and send the state change event."""
    endpoint |= {"EndpointStatus": status, "LastModifiedTime": cloud.clock.now()}
    if status in ("InService", "Failed"):
        endpoint.pop("PendingDeploymentSummary", None)
    if not write(cloud, scope, endpoint):
        return
    shown = {key: value for key, value in endpoint.items() if key not in INSIDE}
    detail = {**shown, "EndpointStatus": EVENT_STATUS.get(status, status.upper())}
    cloud.host.emit(scope, "aws.sagemaker", EVENT, detail, [endpoint["EndpointArn"]])


def note_progress(cloud: Cloud, scope: Scope, endpoint: Members, config: Members, status: str, message: str) -> None:
    """Record the progress of a deployment, which DescribeEndpoint returns until the deployment ends."""
    now = cloud.clock.now()
    pending = endpoint.setdefault("PendingDeploymentSummary", {"StartTime": now})
    variant_status = {"Status": status, "StatusMessage": message, "StartTime": now}
    pending["EndpointConfigName"] = config["EndpointConfigName"]
    pending["ProductionVariants"] = [
        {"VariantName": variant["VariantName"], "VariantStatus": [variant_status]}
        for variant in config["ProductionVariants"]
    ]
    write(cloud, scope, endpoint)


def serving_summaries(cloud: Cloud, scope: Scope, config: Members) -> Members:
    """Return the members that describe an endpoint while it uses a configuration."""
    shadows = config.get("ShadowProductionVariants", [])
    return {
        "ProductionVariants": [_variant_summary(cloud, scope, variant) for variant in config["ProductionVariants"]],
        "ShadowProductionVariants": [_variant_summary(cloud, scope, variant) for variant in shadows] or None,
        "DataCaptureConfig": _capture_summary(config),
        "Serves": config,
    }


def _capture_summary(config: Members) -> Members | None:
    capture = config.get("DataCaptureConfig")
    if not capture:
        return None
    return {
        "EnableCapture": capture.get("EnableCapture", True),
        "CaptureStatus": "Started" if capture.get("EnableCapture", True) else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def _variant_summary(cloud: Cloud, scope: Scope, variant: Members) -> Members:
    image = resolved_container(cloud, scope, find_model(cloud, scope, variant["ModelName"]))["Image"]
    pushed = cloud.images.pushed(image)
    repository = image.split("@")[0]
    weight = variant.get("InitialVariantWeight", 1.0)
    number = variant.get("InitialInstanceCount", 1)
    deployed: dict[str, Any] = {"SpecifiedImage": image, "ResolutionTime": cloud.clock.now()}
    if pushed is not None:
        deployed["ResolvedImage"] = f"{repository.rsplit(':', 1)[0]}@{pushed.digest}"
    summary = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [deployed],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": number,
        "DesiredInstanceCount": number,
    }
    serverless = variant.get("ServerlessConfig")
    if serverless:
        summary |= {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    return summary
