"""Operations on endpoints."""

import shutil

from localcloud.errors import validation_error
from localcloud.sagemaker.deployment import serve
from localcloud.sagemaker.endpoint_configs import find_config
from localcloud.sagemaker.endpoint_record import KIND, find_endpoint, set_status
from localcloud.sagemaker.fleet import FLEETS
from localcloud.sagemaker.listing import Listing, listed
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.rollout import plan_rollout

ENDPOINTS = Listing(
    "Endpoints",
    ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus"),
    "EndpointName",
    equal={"StatusEquals": "EndpointStatus"},
    sort={"Status": "EndpointStatus"},
    after_page=("NameContains",),
)
SCALABLE_TARGET = "ScalableTarget"
BUSY = ("Creating", "Updating", "Deleting", "RollingBack", "SystemUpdating")


@operation
def create_endpoint(request: Request) -> Members:
    """Create an endpoint and start its instances in the background."""
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
    request.cloud.store.put(request.scope, KIND, name, endpoint | {"EndpointStatus": "Creating"})
    set_status(request.cloud, request.scope, endpoint, "Creating")
    request.cloud.host.start_thread(request.scope, serve, request.cloud, request.scope, name, config)
    return {"EndpointArn": arn}


@operation
def update_endpoint(request: Request) -> Members:
    """Update an endpoint to another configuration: a blue/green deployment as the request defines it."""
    endpoint = find_endpoint(request.cloud, request.scope, request["EndpointName"])
    if endpoint["EndpointStatus"] != "InService":
        raise validation_error(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
    config = find_config(request.cloud, request.scope, request["EndpointConfigName"])
    if request.get("RetainAllVariantProperties"):
        config = _with_retained_properties(endpoint, config, request.get("ExcludeRetainedVariantProperties", []))
    _refuse_same_configuration(endpoint, config)
    _refuse_changes_of_scaled_variants(request, endpoint, config)
    rollout = plan_rollout(request.get("DeploymentConfig") or {})
    set_status(request.cloud, request.scope, endpoint, "Updating")
    arguments = (request.cloud, request.scope, request["EndpointName"], config, rollout)
    request.cloud.host.start_thread(request.scope, serve, *arguments)
    return {"EndpointArn": endpoint["EndpointArn"]}


def _refuse_same_configuration(endpoint: Members, config: Members) -> None:
    """Raise ValidationException if the endpoint already uses the configuration.

    botocore's documentation of UpdateEndpoint: "To update an endpoint, you must create a new EndpointConfig."
    """
    if endpoint["EndpointConfigName"] == config["EndpointConfigName"]:
        raise validation_error(
            f'Cannot update endpoint "{endpoint["EndpointArn"]}" with the endpoint configuration that it uses: '
            f'"{config["EndpointConfigName"]}". Create a new endpoint configuration.'
        )


def _refuse_changes_of_scaled_variants(request: Request, endpoint: Members, config: Members) -> None:
    """Raise ValidationException if a scalable variant is removed or changes its instance type.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    targets = request.cloud.store.of_kind(request.scope, SCALABLE_TARGET)
    registered = {target["ResourceId"] for target in targets}
    new = {variant["VariantName"]: variant.get("InstanceType") for variant in config["ProductionVariants"]}
    for variant in endpoint.get("Serves", {}).get("ProductionVariants", []):
        name = variant["VariantName"]
        is_scaled = f"endpoint/{endpoint['EndpointName']}/variant/{name}" in registered
        if is_scaled and new.get(name) != variant.get("InstanceType"):
            raise validation_error(
                f"The variant {name} is a scalable target of Application Auto Scaling, so neither can it be removed "
                "nor its instance type be changed. Deregister the scalable target first."
            )


def _with_retained_properties(endpoint: Members, config: Members, excluded: list[Members]) -> Members:
    """Return the configuration with the present instance count and weight of each variant it has in common.

    `excluded` lists the properties to take from the new configuration instead.
    """
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


@operation
def describe_endpoint(request: Request) -> Members:
    """Return an endpoint."""
    return find_endpoint(request.cloud, request.scope, request["EndpointName"])


@operation
def delete_endpoint(request: Request) -> Members:
    """Stop the instances of an endpoint and delete it."""
    name = request["EndpointName"]
    endpoint = find_endpoint(request.cloud, request.scope, name)
    if endpoint["EndpointStatus"] in BUSY:
        raise validation_error(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
    fleet = FLEETS.replace(request.scope, name, None)
    if fleet is not None:
        fleet.stop()
    request.cloud.store.delete(request.scope, KIND, name)
    shutil.rmtree(request.cloud.directory / "endpoints" / request.scope.folder / name, ignore_errors=True)
    return {}


@operation
def list_endpoints(request: Request) -> Members:
    """List endpoints."""
    return listed(request, ENDPOINTS, request.cloud.store.of_kind(request.scope, KIND))
