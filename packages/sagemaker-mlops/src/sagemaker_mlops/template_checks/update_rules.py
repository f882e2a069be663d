"""What CloudFormation would do with an update, by the schemas of the resource types; and what of it fails or harms.

Source: createOnlyProperties of the CloudFormation registry's schemas, which cfn-lint ships. A change of such a property
replaces the resource, and a replacement under a name that is taken fails:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-whatis-howdoesitwork.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from sagemaker_mlops.delivery.stacks.protection import PROTECTED_TYPES

Template = Mapping[str, Any]
REGION = "eu-west-1"
ENDPOINT, ENDPOINT_CONFIG = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"
Resources = Mapping[str, Template]


@cache
def create_only(kind: str) -> tuple[str, ...]:
    """Return the paths of the properties that replace a resource of a type, such as Budget/BudgetName."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    listed = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    return tuple(path.removeprefix("/properties/") for path in listed)


def value_at(resource: Template, path: str) -> Any:
    """Return the value of a property, or None."""
    value: Any = resource.get("Properties", {})
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def custom_names(resource: Template) -> dict[str, str]:
    """Return the create-only names that the template sets, by path."""
    found = {path: value_at(resource, path) for path in create_only(resource["Type"]) if path.endswith("Name")}
    return {path: value for path, value in found.items() if isinstance(value, str)}


def named_and_replaceable(resource: Template) -> list[str]:
    """Return the create-only properties that a resource with a custom name sets beside it."""
    names = custom_names(resource)
    if not names:
        return []
    given = [
        path for path in create_only(resource["Type"]) if path not in names and value_at(resource, path) is not None
    ]
    return [path for path in given if not any(path.startswith(f"{other}/") for other in given)]


def replaced(before: Resources, after: Resources) -> set[str]:
    """Return the logical ids of the resources that an update replaces, also because another one is replaced."""
    both = [logical_id for logical_id in before if logical_id in after]
    found = {one for one in both if _differs(before[one], after[one])}
    while True:
        more = {one for one in both if one not in found and _refers(after[one], found)}
        if not more:
            return found
        found |= more


def _differs(before: Template, after: Template) -> bool:
    paths = create_only(after["Type"])
    return before["Type"] != after["Type"] or any(value_at(before, one) != value_at(after, one) for one in paths)


def _refers(resource: Template, found: set[str]) -> bool:
    """Return whether a create-only property takes its value from a replaced resource."""
    text = json.dumps([value_at(resource, path) for path in create_only(resource["Type"])])
    return any(re.search(rf'"(Ref|Fn::GetAtt)": \[?"{one}"', text) for one in found)


def faults(before: Template, after: Template) -> list[str]:
    """Return what an update of a stack would break, in a sentence each."""
    old, new = before["Resources"], after["Resources"]
    changed = replaced(old, new)
    return [*_of_replaced(new, changed), *_of_removed(old, new), *_of_endpoint(old, new, changed)]


def _of_replaced(new: Resources, changed: set[str]) -> Iterator[str]:
    for one in sorted(changed):
        kind, names = new[one]["Type"], custom_names(new[one])
        if names:
            yield f"{one} ({kind}) would be replaced, but its name {', '.join(names.values())} is taken"
        if kind in PROTECTED_TYPES:
            yield f"{one} ({kind}) would be replaced: {PROTECTED_TYPES[kind]}"


def _of_removed(old: Resources, new: Resources) -> Iterator[str]:
    removed = {one: old[one] for one in old if one not in new}
    for one, resource in removed.items():
        if resource["Type"] in PROTECTED_TYPES:
            yield f"{one} ({resource['Type']}) would be removed: {PROTECTED_TYPES[resource['Type']]}"
        for other in new:
            if other not in old and new[other]["Type"] == resource["Type"]:
                taken = set(custom_names(resource).values()) & set(custom_names(new[other]).values())
                if taken:
                    yield f"{other} is new, but {one} still has its name {taken}"


def _of_endpoint(old: Resources, new: Resources, changed: set[str]) -> Iterator[str]:
    """AWS wants a new configuration for every update of an endpoint. Source: botocore 1.44.5, UpdateEndpoint."""
    fresh = {one for one in new if new[one]["Type"] == ENDPOINT_CONFIG and (one not in old or one in changed)}
    for one in new:
        if new[one]["Type"] == ENDPOINT and one in old and old[one] != new[one] and not fresh:
            yield f"{one} would be updated with the configuration that it has"
