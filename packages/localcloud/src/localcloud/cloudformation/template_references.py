"""Validation of the references in a template, with CloudFormation's messages.

Sources of the messages: https://repost.aws/knowledge-center/cloudformation-template-validation (unresolved resource
dependencies), https://github.com/aws-cloudformation/cfn-lint/issues/92 (undefined conditions),
https://github.com/aws-cloudformation/cfn-lint/issues/99 (resources in Conditions),
https://github.com/aws/serverless-application-model/issues/832 (references to resources that a condition excludes).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.cloudformation.resource_schema import resource_schema

Template = dict[str, Any]
Conditions = Mapping[str, bool]
VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")
NOT_PROPERTIES = ("Type", "Condition", "DependsOn")
PSEUDO = "AWS::"


class TemplateRefused(ValueError):
    """Invalid template; the message is that of CloudFormation."""


@dataclass(frozen=True)
class Reference:
    """A reference in a template to a resource, a parameter or an attribute of a resource."""

    name: str
    attribute: str | None = None
    function: str = "Ref"


def check_references(template: Template, conditions: Conditions, region: str) -> None:
    """Raise TemplateRefused for the first reference that cannot be resolved.

    Args:
        template: the template.
        conditions: values of the conditions, as far as they are known; the others count as true.
        region: region whose resource schemas define the attributes.
    """
    _check_conditions_section(template)
    _check_condition_names(template)
    for block in ("Resources", "Outputs"):
        members = {name: member for name, member in (template.get(block) or {}).items() if isinstance(member, dict)}
        _check_block(template, block, members)
        _check_left_out(template, block, members, conditions)
    for reference in _references(template.get("Resources")):
        _check_attribute(template, reference, region)


def _check_conditions_section(template: Template) -> None:
    parameters = template.get("Parameters") or {}
    names = {found.name for found in _references(template.get("Conditions"))}
    unresolved = {name for name in names if not _is_known(name, parameters)}
    if unresolved:
        raise TemplateRefused(
            f"Template format error: Unresolved dependencies [{', '.join(sorted(unresolved))}]. "
            "Cannot reference resources in the Conditions block of the template"
        )


def _check_condition_names(template: Template) -> None:
    defined = template.get("Conditions") or {}
    for block in ("Resources", "Outputs"):
        for member in (template.get(block) or {}).values():
            name = member.get("Condition") if isinstance(member, dict) else None
            if isinstance(name, str) and name not in defined:
                raise TemplateRefused(f"Template format error: Condition {name} is not defined.")
        for name in _conditions_of_ifs(template.get(block)):
            if name not in defined:
                raise TemplateRefused(f"Template error: unresolved condition dependency {name} in Fn::If")


def _conditions_of_ifs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        branches = node.get("Fn::If")
        if isinstance(branches, list) and branches and isinstance(branches[0], str):
            yield branches[0]
    for member in _members(node):
        yield from _conditions_of_ifs(member)


def _check_block(template: Template, block: str, members: Template) -> None:
    """Check that every referenced name exists, also in branches of Fn::If that are not taken."""
    resources = template.get("Resources") or {}
    known = {**(template.get("Parameters") or {}), **resources}
    references = [found for member in members.values() for found in _references(_body(member))]
    for found in references:
        if found.function == "Fn::GetAtt" and found.name not in resources:
            raise TemplateRefused(f"Template error: instance of Fn::GetAtt references undefined resource {found.name}")
    names = {found.name for found in references}
    names |= {name for member in members.values() for name in _depends_on(member)}
    _refuse_unresolved({name for name in names if not _is_known(name, known)}, block)


def _check_left_out(template: Template, block: str, members: Template, conditions: Conditions) -> None:
    """Check that no created resource or output refers to a resource that a condition excludes."""
    resources = template.get("Resources") or {}
    left_out = {name for name, resource in resources.items() if not _is_made(resource, conditions)}
    names = {
        found.name
        for member in members.values()
        if _is_made(member, conditions)
        for found in _references(_body(member), conditions)
    }
    _refuse_unresolved(names & left_out, block)


def _refuse_unresolved(names: set[str], block: str) -> None:
    if names:
        raise TemplateRefused(
            f"Template format error: Unresolved resource dependencies [{', '.join(sorted(names))}] "
            f"in the {block} block of the template"
        )


def _check_attribute(template: Template, reference: Reference, region: str) -> None:
    """Check that Fn::GetAtt names an attribute in the schema of the resource type.

    Custom resources and nested stacks are not checked, because their attributes are unknown.
    """
    resource = (template.get("Resources") or {}).get(reference.name)
    schema = resource_schema(str(resource.get("Type")), region) if isinstance(resource, dict) else None
    if schema is None or not reference.attribute or reference.function != "Fn::GetAtt":
        return
    if reference.attribute.split(".")[0] not in schema.properties and schema.type_name != "AWS::CloudFormation::Stack":
        raise TemplateRefused(
            f"Template error: resource {reference.name} does not support attribute type "
            f"{reference.attribute} in Fn::GetAtt"
        )


def _is_known(name: str, known: Mapping[str, Any]) -> bool:
    return name in known or name.startswith(PSEUDO)


def _is_made(member: Any, conditions: Conditions) -> bool:
    name = member.get("Condition") if isinstance(member, dict) else None
    return not isinstance(name, str) or conditions.get(name, True)


def _body(member: Template) -> Template:
    return {key: value for key, value in member.items() if key not in NOT_PROPERTIES}


def _depends_on(member: Template) -> list[str]:
    names = member.get("DependsOn") or []
    return [names] if isinstance(names, str) else list(names)


def _references(node: Any, conditions: Conditions | None = None) -> Iterator[Reference]:
    """Yield every reference. With conditions, yield only those in the branches of Fn::If that are taken."""
    if isinstance(node, dict) and len(node) == 1:
        function, argument = next(iter(node.items()))
        if function == "Fn::If" and conditions is not None and isinstance(argument, list) and len(argument) == 3:
            taken = argument[1] if conditions.get(argument[0], True) else argument[2]
            yield from _references(taken, conditions)
            return
        yield from _own_references(function, argument)
    for member in _members(node):
        yield from _references(member, conditions)


def _own_references(function: str, argument: Any) -> Iterator[Reference]:
    if function == "Ref" and isinstance(argument, str):
        yield Reference(argument)
    elif function == "Fn::GetAtt":
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if isinstance(parts, list) and len(parts) == 2 and isinstance(parts[0], str):
            yield Reference(parts[0], parts[1] if isinstance(parts[1], str) else None, function)
    elif function == "Fn::Sub":
        text, bindings = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        for variable in VARIABLE.findall(str(text)):
            name, _, attribute = variable.strip().partition(".")
            if variable.strip() not in bindings:
                yield Reference(name, attribute or None, function)


def _members(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node
