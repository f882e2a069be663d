"""Activation of the monitors after a verified release, with the image of the served version."""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.stacks.change_set import ChangeSet, ModelMonitorClosed
from sagemaker_mlops.delivery.stacks.state import check_changeable, find_stack, parameters_of
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import ENDPOINT_EXISTS_PARAMETER, IMAGE_PARAMETER

Tell = Callable[[str], None]


def enable_monitoring(target: Target, version: ModelVersion, tell: Tell) -> bool:
    """Enable the monitors of the endpoint with the image of the served version.

    A failure does not fail the release: it is reported through `tell` with the next step.

    Returns:
        False if the monitors could not be enabled. True otherwise, also if the environment is not monitored.
    """
    if not target.environment.monitored:
        return True
    try:
        _change(target, version, tell)
    except ModelMonitorClosed as error:
        tell(f"the release is done, but nothing monitors it: {error}")
        return False
    except (DeliveryError, ClientError, BotoCoreError) as error:
        later = f"mlops monitor enable -e {target.name}"
        tell(f"the release succeeded, but monitoring could not be enabled: {error}. Later: {later}")
        return False
    return True


def _change(target: Target, version: ModelVersion, tell: Tell) -> None:
    stack = find_stack(target, "monitoring")
    if stack is None:
        raise DeliveryError(f"{target.name} has no stack {target.names.stack('monitoring')}; deploy it first")
    image_uri = version_image(target, version)
    wanted = {ENDPOINT_EXISTS_PARAMETER: "true", IMAGE_PARAMETER: image_uri}
    present = parameters_of(stack)
    if all(present.get(name) == value for name, value in wanted.items()):
        return
    check_changeable(target, "monitoring")
    change_set = ChangeSet(target, target.names.stack("monitoring"))
    if change_set.create_with_parameters(wanted):
        tell(f"{target.names.endpoint}: its monitors now run with the image of version {version.number}")
        change_set.execute(lambda _text: None)


def version_image(target: Target, version: ModelVersion) -> str:
    """Return the image that a version was registered with, so that the monitors encode features with its code."""
    package = target.registry.client("sagemaker").describe_model_package(ModelPackageName=version.arn)
    image_uri: str = package["InferenceSpecification"]["Containers"][0]["Image"]
    return image_uri
