"""Property changes that replace a resource, according to CloudFormation's schemas.

ministack has a table for some types, and reports every change of the other types as "conditional".
"""

from typing import Any

from localcloud.cloudformation.resource_schema import ResourceSchema, resource_schema, value_at
from localcloud.on_ministack.resource_types import current_scope

Properties = dict[str, Any]


def install_create_only() -> None:
    """Use a type's schema, if it has one, in ministack's three functions about replacement."""
    from ministack.services.cloudformation import provisioners, stacks

    recreation, changes = provisioners._property_recreation, provisioners._replacing_change
    refused = provisioners._custom_named_replacement_error

    def property_recreation(type_name: str, name: str) -> Any:
        schema = _schema(type_name)
        return recreation(type_name, name) if schema is None else recreation_of(schema, name)

    def replacing_change(type_name: str, old: Properties, new: Properties) -> Any:
        schema = _schema(type_name)
        return changes(type_name, old, new) if schema is None else bool(changed_create_only(schema, old, new))

    def custom_named_replacement(type_name: str, old: Properties, new: Properties, physical_id: Any = None) -> Any:
        schema = _schema(type_name)
        if schema is None or type_name in provisioners._CUSTOM_NAME_REPLACEMENT:
            return refused(type_name, old, new, physical_id)
        return refusal_of(schema, old, new, physical_id)

    for module in (provisioners, stacks):
        module._property_recreation = property_recreation
        module._replacing_change = replacing_change
        module._custom_named_replacement_error = custom_named_replacement


def _schema(type_name: str) -> ResourceSchema | None:
    return resource_schema(type_name, current_scope().region)


def recreation_of(schema: ResourceSchema, name: str) -> str:
    """Return Always, Conditionally or Never, depending on whether a change replaces the resource."""
    if name in schema.create_only:
        return "Always"
    paths = (*schema.create_only, *schema.conditionally_create_only)
    return "Conditionally" if any(path.split("/")[0] == name for path in paths) else "Never"


def changed_create_only(schema: ResourceSchema, old: Properties, new: Properties) -> list[str]:
    """Return the create-only paths whose values differ."""
    return [path for path in schema.create_only if value_at(old, path) != value_at(new, path)]


def refusal_of(schema: ResourceSchema, old: Properties, new: Properties, physical_id: Any) -> str | None:
    """Return CloudFormation's error if the replacement would have the same custom name, or None.

    Source: https://repost.aws/knowledge-center/cloudformation-custom-name
    """
    name = value_at(old, schema.name_path) if schema.name_path else None
    if not name or name != value_at(new, str(schema.name_path)) or not changed_create_only(schema, old, new):
        return None
    return (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        f"Rename {physical_id or name} and update the stack again."
    )
