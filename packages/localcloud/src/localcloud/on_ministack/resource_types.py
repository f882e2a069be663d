"""Registration of resource types with ministack's CloudFormation engine."""

from typing import Any

from localcloud.cloud import Cloud
from localcloud.cloudformation.resource_type import Place, Properties, ResourceType
from localcloud.errors import NotInLocalcloud
from localcloud.scope import Scope, random_id

GENERATED_NAME_LENGTH = 63


def install_types(cloud: Cloud, types: tuple[ResourceType, ...]) -> None:
    """Register resource types. They run on worker threads, because some wait for minutes."""
    from ministack.services.cloudformation import provisioners, stacks

    for resource_type in types:
        provisioners._RESOURCE_HANDLERS[resource_type.name] = _handlers(cloud, resource_type)
    ours = frozenset(resource_type.name for resource_type in types)
    on_worker, sent_back = stacks._runs_on_worker_thread, stacks._sends_back_failed_update
    stacks._runs_on_worker_thread = lambda name: name in ours or on_worker(name)
    # Roll back a failed update. Otherwise the resource would keep the state in which the failure left it.
    stacks._sends_back_failed_update = lambda name: name in ours or sent_back(name)


def current_scope() -> Scope:
    """Return the account and region of the current request."""
    from ministack.core.responses import get_account_id, get_region

    return Scope(get_account_id(), get_region())


def _place(cloud: Cloud, logical_id: str) -> Place:
    """Return the context of a resource, with a name as CloudFormation generates it for SageMaker.

    The name consists of the logical id and a random suffix, so that a replacement has another name. It does not contain
    the name of the stack, so policies cannot distinguish the models of two projects.
    """
    suffix = random_id()
    return Place(cloud, current_scope(), f"{logical_id[: GENERATED_NAME_LENGTH - len(suffix) - 1]}-{suffix}")


def _handlers(cloud: Cloud, resource_type: ResourceType) -> dict[str, Any]:
    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
        resource_type.check(properties)
        made = resource_type.create(_place(cloud, logical_id), properties)
        return made.physical_id, made.attributes

    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> tuple[str, dict[str, Any]]:
        resource_type.check(new)
        if resource_type.update is None:
            raise NotInLocalcloud(f"an update of {resource_type.name} in place")
        made = resource_type.update(_place(cloud, logical_id), physical_id, old, new)
        return made.physical_id, made.attributes

    def delete(physical_id: str, properties: Properties, logical_id: str) -> None:
        resource_type.delete(_place(cloud, logical_id), physical_id, properties)

    return {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "delete_with_logical_id": True,
    }
