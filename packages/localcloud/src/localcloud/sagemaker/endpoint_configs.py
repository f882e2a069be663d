"""Endpoint configurations: models, instances and data capture of an endpoint."""

from localcloud.cloud import Cloud
from localcloud.errors import validation_error
from localcloud.sagemaker.endpoint_config_rules import check_endpoint_config
from localcloud.sagemaker.listing import Listing, listed
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.scope import Scope

CONFIG = "EndpointConfig"
DEFAULT_WEIGHT = 1.0
CONFIGS = Listing("EndpointConfigs", ("EndpointConfigName", "EndpointConfigArn", "CreationTime"), "EndpointConfigName")


@operation
def create_endpoint_config(request: Request) -> Members:
    """Create an endpoint configuration."""
    name = request["EndpointConfigName"]
    arn = request.scope.arn("endpoint-config", name)
    if request.cloud.store.get(request.scope, CONFIG, name):
        raise validation_error(f'Cannot create already existing endpoint configuration "{arn}".')
    check_endpoint_config(request)
    variants = {
        member: [{"InitialVariantWeight": DEFAULT_WEIGHT, **variant} for variant in request[member]]
        for member in ("ProductionVariants", "ShadowProductionVariants")
        if request.get(member)
    }
    created = request.cloud.clock.now()
    config = {**request.members, **variants, "EndpointConfigArn": arn, "CreationTime": created}
    request.cloud.store.put(request.scope, CONFIG, name, config)
    return {"EndpointConfigArn": arn}


def find_config(cloud: Cloud, scope: Scope, name: str) -> Members:
    """Return an endpoint configuration.

    Raises:
        AwsError: ValidationException if there is none of that name.
    """
    config: Members | None = cloud.store.get(scope, CONFIG, name)
    if config is None:
        raise validation_error(f'Could not find endpoint configuration "{scope.arn("endpoint-config", name)}".')
    return config


@operation
def describe_endpoint_config(request: Request) -> Members:
    """Return an endpoint configuration."""
    return find_config(request.cloud, request.scope, request["EndpointConfigName"])


@operation
def delete_endpoint_config(request: Request) -> Members:
    """Delete an endpoint configuration."""
    find_config(request.cloud, request.scope, request["EndpointConfigName"])
    request.cloud.store.delete(request.scope, CONFIG, request["EndpointConfigName"])
    return {}


@operation
def list_endpoint_configs(request: Request) -> Members:
    """List endpoint configurations."""
    return listed(request, CONFIGS, request.cloud.store.of_kind(request.scope, CONFIG))
