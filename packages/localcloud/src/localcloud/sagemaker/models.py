"""Models: container image, model data and environment of an endpoint's variant."""

from typing import Any

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.listing import Listing, listed
from localcloud.sagemaker.model_registry import find_package
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.references import require_execution_role, require_model_data, require_model_image
from localcloud.sagemaker.registry_access import as_owner
from localcloud.scope import Scope

MODEL = "Model"
NOT_HERE = (
    "ImageConfig",
    "ModelDataSource",
    "AdditionalModelDataSources",
    "MultiModelConfig",
    "InferenceSpecificationName",
)
MODELS = Listing("Models", ("ModelName", "ModelArn", "CreationTime"), "ModelName", after_page=("NameContains",))


@operation
def create_model(request: Request) -> Members:
    """Create a model from an image and model data, or from an approved version."""
    name = request["ModelName"]
    arn = request.scope.arn("model", name)
    if request.cloud.store.get(request.scope, MODEL, name):
        raise validation_error(f'Cannot create already existing model "{arn}".')
    _refuse_other_containers(request)
    require_execution_role(request)
    if request["PrimaryContainer"].get("ModelPackageName"):
        _require_approved(request, request["PrimaryContainer"]["ModelPackageName"])
    container = resolved_container(request.cloud, request.scope, request.members)
    require_model_image(request, container["Image"])
    require_model_data(request, container)
    model = {
        "EnableNetworkIsolation": False,
        **request.members,
        "ModelArn": arn,
        "CreationTime": request.cloud.clock.now(),
    }
    request.cloud.store.put(request.scope, MODEL, name, model)
    return {"ModelArn": arn}


def _refuse_other_containers(request: Request) -> None:
    if request.get("Containers") or not request.get("PrimaryContainer"):
        raise NotInLocalcloud("models without exactly one PrimaryContainer")
    container = request["PrimaryContainer"]
    for member in NOT_HERE:
        if container.get(member):
            raise NotInLocalcloud(f"{member} of a model's container")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise NotInLocalcloud("models with several models in one container")
    if not container.get("Image") and not container.get("ModelPackageName"):
        raise validation_error("Expected an Image or a ModelPackageName in PrimaryContainer; found neither.")


def _require_approved(request: Request, arn: str) -> None:
    request = as_owner(request, arn, "CreateModel")
    package = find_package(request.cloud, request.scope, arn)
    if package["ModelApprovalStatus"] != "Approved":
        raise validation_error(f"Cannot create a Model with a ModelPackage {arn} that is not approved.")


def find_model(cloud: Any, scope: Scope, name: str) -> Members:
    """Return a model.

    Raises:
        AwsError: ValidationException if there is none of that name.
    """
    model: Members | None = cloud.store.get(scope, MODEL, name)
    if model is None:
        raise validation_error(f'Could not find model "{scope.arn("model", name)}".')
    return model


def resolved_container(cloud: Any, scope: Scope, model: Members) -> Members:
    """Return image, data and environment of a model, taken from its model package if it names one."""
    container: Members = model["PrimaryContainer"]
    if not container.get("ModelPackageName"):
        return container
    package = find_package(cloud, scope, container["ModelPackageName"])
    specified: Members = package["InferenceSpecification"]["Containers"][0]
    environment = specified.get("Environment", {}) | container.get("Environment", {})
    return {"Image": specified["Image"], "ModelDataUrl": specified.get("ModelDataUrl"), "Environment": environment}


@operation
def describe_model(request: Request) -> Members:
    """Return a model."""
    return find_model(request.cloud, request.scope, request["ModelName"])


@operation
def delete_model(request: Request) -> Members:
    """Delete a model."""
    find_model(request.cloud, request.scope, request["ModelName"])
    request.cloud.store.delete(request.scope, MODEL, request["ModelName"])
    return {}


@operation
def list_models(request: Request) -> Members:
    """List models."""
    return listed(request, MODELS, request.cloud.store.of_kind(request.scope, MODEL))
