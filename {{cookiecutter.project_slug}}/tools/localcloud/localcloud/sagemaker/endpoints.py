"""Endpoints: created, updated all at once, deleted, invoked; served again after a restart."""

import shutil
import time
from typing import Any

import urllib3

from localcloud.cloud import Cloud
from localcloud.errors import AwsError, validation_error
from localcloud.sagemaker.fleet import Fleet, Fleets
from localcloud.sagemaker.listing import chosen, named_like, page
from localcloud.sagemaker.models import CONFIG, find_config, find_model, resolved_container
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.rollout import Rollout, plan_rollout, shift_traffic
from localcloud.scope import Scope

KIND = "Endpoint"
EVENT = "SageMaker Endpoint State Change"
BUSY = ("Creating", "Updating", "Deleting", "RollingBack", "SystemUpdating")
INVOKE_TIMEOUT_SECONDS = 60.0
RESTORE_SECONDS = 30.0
FORWARDED_HEADERS = ("content-type", "accept")
SAGEMAKER_HEADERS = "x-amzn-sagemaker-"
EVENT_STATUS = {
    "InService": "IN_SERVICE",
    "Creating": "CREATING",
    "Updating": "UPDATING",
    "Failed": "FAILED",
    "Deleting": "DELETING",
}

FLEETS = Fleets()


@operation
def create_endpoint(request: Request) -> Members:
    """Make an endpoint and start its instances in the background."""
    name = request["EndpointName"]
    arn = request.scope.arn("endpoint", name)
    if request.cloud.store.get(request.scope, KIND, name):
        raise validation_error(f'Cannot create already existing endpoint "{arn}".')
    config = find_config(request.cloud, request.scope, request["EndpointConfigName"])
    now = request.cloud.clock.now()
    endpoint = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": request["EndpointConfigName"],
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    _set_status(request.cloud, request.scope, endpoint, "Creating")
    request.cloud.host.start_thread(request.scope, _serve, request.cloud, request.scope, name, config)
    return {"EndpointArn": arn}


@operation
def update_endpoint(request: Request) -> Members:
    """Let another configuration serve: blue/green, with the traffic routing and the alarms of the request."""
    endpoint = _find(request.cloud, request.scope, request["EndpointName"])
    if endpoint["EndpointStatus"] != "InService":
        raise validation_error(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
    config = find_config(request.cloud, request.scope, request["EndpointConfigName"])
    if request.get("RetainAllVariantProperties"):
        config = _with_retained_properties(endpoint, config, request.get("ExcludeRetainedVariantProperties", []))
    rollout = plan_rollout(request.get("DeploymentConfig") or {})
    _set_status(request.cloud, request.scope, endpoint, "Updating")
    arguments = (request.cloud, request.scope, request["EndpointName"], config, rollout)
    request.cloud.host.start_thread(request.scope, _serve, *arguments)
    return {"EndpointArn": endpoint["EndpointArn"]}


def _with_retained_properties(endpoint: Members, config: Members, excluded: list[Members]) -> Members:
    """Variants of the same name keep their present number of instances and weight, unless that is excluded."""
    kinds = {entry["VariantPropertyType"] for entry in excluded}
    present = {variant["VariantName"]: variant for variant in endpoint.get("ProductionVariants", [])}
    variants = []
    for variant in config["ProductionVariants"]:
        now, kept = present.get(variant["VariantName"]), dict(variant)
        if now and not variant.get("ServerlessConfig"):
            if "DesiredInstanceCount" not in kinds:
                kept["InitialInstanceCount"] = now["DesiredInstanceCount"]
            if "DesiredWeight" not in kinds:
                kept["InitialVariantWeight"] = now["DesiredWeight"]
        variants.append(kept)
    return {**config, "ProductionVariants": variants}


def _serve(cloud: Cloud, scope: Scope, name: str, config: Members, rollout: Rollout | None = None) -> None:
    """Start a fleet and let it serve; a failed update leaves the old fleet serving, as the service does."""
    endpoint = _find(cloud, scope, name)
    fleet: Fleet | None = None
    try:
        summaries = [_variant_summary(cloud, scope, variant) for variant in config["ProductionVariants"]]
        fleet = FLEETS.start(cloud, scope, name, config)
        if rollout is not None and FLEETS.get(scope, name) is not None:
            shift_traffic(cloud, scope, FLEETS.shares(scope, name, fleet), rollout)
    except Exception as error:
        _keep_the_old(cloud, scope, endpoint, fleet, error)
        return
    endpoint |= {"ProductionVariants": summaries, "Serves": config, "DataCaptureConfig": _capture_summary(config)}
    _switch(cloud, scope, endpoint, fleet, config)


def _keep_the_old(cloud: Cloud, scope: Scope, endpoint: Members, fleet: Fleet | None, error: Exception) -> None:
    FLEETS.end_shares(scope, endpoint["EndpointName"])
    if fleet is not None:
        fleet.stop()
    old = FLEETS.get(scope, endpoint["EndpointName"])
    endpoint["FailureReason"] = str(error)
    if not cloud.stopping.is_set():
        _set_status(cloud, scope, endpoint, "InService" if old else "Failed")


def _capture_summary(config: Members) -> Members | None:
    """What DescribeEndpoint says of capture. localcloud does not capture, so its status is Stopped."""
    capture = config.get("DataCaptureConfig")
    if not capture:
        return None
    return {
        "EnableCapture": capture.get("EnableCapture", False),
        "CaptureStatus": "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def _switch(cloud: Cloud, scope: Scope, endpoint: Members, fleet: Fleet, config: Members) -> None:
    endpoint.pop("FailureReason", None)
    endpoint["EndpointConfigName"] = config["EndpointConfigName"]
    before = FLEETS.replace(scope, endpoint["EndpointName"], fleet)
    _set_status(cloud, scope, endpoint, "InService")
    if before is not None:
        before.stop()


def _variant_summary(cloud: Cloud, scope: Scope, variant: Members) -> Members:
    image = resolved_container(cloud, scope, find_model(cloud, scope, variant["ModelName"]))["Image"]
    pushed = cloud.images.pushed(image)
    repository = image.split("@")[0]
    weight = variant.get("InitialVariantWeight", 1.0)
    number = variant.get("InitialInstanceCount", 1)
    deployed: dict[str, Any] = {"SpecifiedImage": image, "ResolutionTime": cloud.clock.now()}
    if pushed is not None:
        deployed["ResolvedImage"] = f"{repository.rsplit(':', 1)[0]}@{pushed.digest}"
    return {
        "VariantName": variant["VariantName"],
        "DeployedImages": [deployed],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": number,
        "DesiredInstanceCount": number,
    }


def _set_status(cloud: Cloud, scope: Scope, endpoint: Members, status: str) -> None:
    endpoint |= {"EndpointStatus": status, "LastModifiedTime": cloud.clock.now()}
    cloud.store.put(scope, KIND, endpoint["EndpointName"], endpoint)
    shown = {key: value for key, value in endpoint.items() if key != "Serves"}
    detail = {**shown, "EndpointStatus": EVENT_STATUS.get(status, status.upper())}
    cloud.host.emit(scope, "aws.sagemaker", EVENT, detail, [endpoint["EndpointArn"]])


def _find(cloud: Cloud, scope: Scope, name: str) -> Members:
    endpoint = cloud.store.get(scope, KIND, name)
    if endpoint is None:
        raise validation_error(f'Could not find endpoint "{scope.arn("endpoint", name)}".')
    return endpoint


@operation
def describe_endpoint(request: Request) -> Members:
    """Return one endpoint."""
    return _find(request.cloud, request.scope, request["EndpointName"])


@operation
def delete_endpoint(request: Request) -> Members:
    """Stop an endpoint's instances and remove it."""
    name = request["EndpointName"]
    endpoint = _find(request.cloud, request.scope, name)
    if endpoint["EndpointStatus"] in BUSY:
        raise validation_error(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
    fleet = FLEETS.replace(request.scope, name, None)
    if fleet is not None:
        fleet.stop()
    request.cloud.store.delete(request.scope, KIND, name)
    shutil.rmtree(request.cloud.directory / "endpoints" / name, ignore_errors=True)
    return {}


@operation
def list_endpoints(request: Request) -> Members:
    """List endpoints."""
    found = named_like(request, request.cloud.store.of_kind(request.scope, KIND), "EndpointName")
    members = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
    return page(request, "Endpoints", found, lambda endpoint: chosen(endpoint, members))


def serve_again(cloud: Cloud) -> None:
    """After a restart: start the fleets of the endpoints that were in service, or were becoming it."""
    shutil.rmtree(cloud.directory / "endpoints", ignore_errors=True)
    for scope, name, endpoint in list(cloud.store.everywhere(KIND)):
        if endpoint["EndpointStatus"] == "Failed":
            continue
        # The configuration itself may have been deleted meanwhile; the endpoint keeps what it serves.
        config = endpoint.get("Serves") or cloud.store.get(scope, CONFIG, endpoint["EndpointConfigName"])
        if config is None:
            endpoint["FailureReason"] = (
                "localcloud was stopped while the endpoint was created, and its configuration is gone"
            )
            _set_status(cloud, scope, endpoint, "Failed")
            continue
        cloud.host.start_thread(scope, _serve, cloud, scope, name, config)


def stop_fleets(cloud: Cloud) -> None:
    """Stop every instance; the endpoints stay recorded."""
    for scope, name, _ in list(cloud.store.everywhere(KIND)):
        fleet = FLEETS.replace(scope, name, None)
        if fleet is not None:
            fleet.stop()


def invoke(
    cloud: Cloud, scope: Scope, name: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Send a request to an instance of an endpoint; returns status, headers and body of the answer."""
    endpoint = cloud.store.get(scope, KIND, name)
    if endpoint is None:
        raise AwsError("ValidationError", f"Endpoint {name} of account {scope.account} not found.")
    fleet = _serving_fleet(cloud, scope, name)
    if fleet is not None:
        fleet = FLEETS.choose(scope, name) or fleet  # during a rollout some of the traffic goes to the new fleet
    if fleet is None:
        raise AwsError(
            "ValidationError", f"Endpoint {name} of account {scope.account} is in status {endpoint['EndpointStatus']}."
        )
    variant, instance = fleet.choose(headers.get("x-amzn-sagemaker-target-variant"))
    forwarded = {
        key: value for key, value in headers.items() if key in FORWARDED_HEADERS or key.startswith(SAGEMAKER_HEADERS)
    }
    try:
        answer = FLEETS.http.request(
            "POST", f"{instance.url}/invocations", body=body, headers=forwarded, timeout=INVOKE_TIMEOUT_SECONDS
        )
    except urllib3.exceptions.HTTPError:
        raise _model_error(name, scope, 500, "the container did not answer") from None
    if answer.status >= 400:
        raise _model_error(name, scope, answer.status, answer.data.decode("utf-8", errors="replace"))
    content_type = answer.headers.get("content-type", "application/octet-stream")
    return 200, {"Content-Type": content_type, "x-Amzn-Invoked-Production-Variant": variant}, answer.data


def _serving_fleet(cloud: Cloud, scope: Scope, name: str) -> Fleet | None:
    """The fleet of an endpoint; after a restart of localcloud it takes a moment until it serves again."""
    deadline = time.monotonic() + RESTORE_SECONDS
    fleet = FLEETS.get(scope, name)
    while fleet is None and time.monotonic() < deadline:
        endpoint = cloud.store.get(scope, KIND, name)
        if endpoint is None or endpoint["EndpointStatus"] != "InService":
            return None
        time.sleep(0.05)
        fleet = FLEETS.get(scope, name)
    return fleet


def _model_error(name: str, scope: Scope, status: int, message: str) -> AwsError:
    kind = "client" if status < 500 else "server"
    log_group = f"arn:aws:logs:{scope.region}:{scope.account}:log-group:/aws/sagemaker/Endpoints/{name}"
    return AwsError(
        "ModelError",
        f'Received {kind} error ({status}) from primary with message "{message}". '
        f"See /aws/sagemaker/Endpoints/{name} in account {scope.account} for more information.",
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=message,
        LogStreamArn=log_group,
    )
