"""Validation of a template's format: sections, resource attributes and arguments of intrinsic functions.

Sources of the messages: https://repost.aws/knowledge-center/cloudformation-template-validation (sections, Resources,
types and properties of parameters), https://github.com/bridgecrewio/checkov/issues/2965 (Parameters). The others are
assumptions.
"""

import re
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.template_references import Template, TemplateRefused

SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
ATTRIBUTES = (
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Fn::Transform",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)


PARAMETER_PROPERTIES = (
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
)
PARAMETER_TYPE = re.compile(r"String|Number|CommaDelimitedList|List<Number>|(List<)?AWS::[A-Za-z0-9:<>]+")
POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}


def check_format(template: Any) -> None:
    """Raise TemplateRefused for the first format error of a template."""
    if not isinstance(template, dict):
        raise TemplateRefused("Template format error: unsupported structure.")
    unknown = sorted(set(template) - set(SECTIONS))
    if unknown:
        raise TemplateRefused(f"Invalid template property or properties [{', '.join(unknown)}]")
    if template.get("AWSTemplateFormatVersion", "2010-09-09") != "2010-09-09":
        raise TemplateRefused("Template format error: unsupported value for AWSTemplateFormatVersion.")
    for section in SECTIONS:
        _check_nulls(template.get(section, ""), f"/{section}")
    _check_resources(template.get("Resources"))
    _check_section(template, "Parameters", "Type", "Every Parameters object must contain a Type member.")
    _check_parameters(template.get("Parameters") or {})
    _check_section(template, "Outputs", "Value", "Every Outputs member must contain a Value object")
    for section in ("Conditions", "Resources", "Outputs"):
        _check_functions(template.get(section))


def _check_nulls(node: Any, path: str) -> None:
    if node is None:
        raise TemplateRefused(f"Template format error: [{path}] 'null' values are not allowed in templates")
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, member in members:
        _check_nulls(member, f"{path}/{name}")


def _check_resources(resources: Any) -> None:
    if not isinstance(resources, dict) or not resources:
        raise TemplateRefused("Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        if not name.startswith("Fn::"):
            _check_resource(name, resource)


def _check_resource(name: str, resource: Any) -> None:
    place = f"Template format error: [/Resources/{name}]"
    if not isinstance(resource, dict):
        raise TemplateRefused(f"{place} resource definition is malformed")
    if not isinstance(resource.get("Type"), str):
        raise TemplateRefused(f"{place} Every Resources object must contain a Type member.")
    unknown = sorted(set(resource) - set(ATTRIBUTES))
    if unknown:
        raise TemplateRefused(f"Invalid template resource property '{unknown[0]}'")
    for attribute, values in POLICIES.items():
        policy = resource.get(attribute, "Delete")
        if isinstance(policy, str) and policy not in values:
            raise TemplateRefused(f"Template format error: Unrecognized {attribute} {policy} for resource {name}")
    names = resource.get("DependsOn") or []
    listed = names if isinstance(names, list) else [names]
    if not isinstance(resource.get("Properties", {}), dict) or not all(isinstance(entry, str) for entry in listed):
        raise TemplateRefused(f"{place} resource definition is malformed")


def _check_section(template: Template, section: str, needed: str, message: str) -> None:
    members = template.get(section) or {}
    if not isinstance(members, dict) or any(
        not isinstance(member, dict) or needed not in member
        for name, member in members.items()
        if not name.startswith("Fn::")
    ):
        raise TemplateRefused(f"Template format error: {message}")


def _check_parameters(parameters: dict[str, Any]) -> None:
    for definition in parameters.values():
        unknown = sorted(set(definition) - set(PARAMETER_PROPERTIES))
        if unknown:
            raise TemplateRefused(f"Invalid template parameter property '{unknown[0]}'")
        if not PARAMETER_TYPE.fullmatch(str(definition["Type"])):
            raise TemplateRefused(f"Template format error: Unrecognized parameter type: {definition['Type']}")


def _check_functions(node: Any) -> None:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, member in members:
        shape = FUNCTIONS.get(name) if isinstance(node, dict) and len(node) == 1 else None
        if shape and not shape[0](member):
            raise TemplateRefused(f"Template error: {shape[1]}")
        _check_functions(member)


def _is_list_of(count: int) -> Callable[[Any], bool]:
    return lambda argument: isinstance(argument, list) and len(argument) == count


def _is_attribute(argument: Any) -> bool:
    if isinstance(argument, str):
        return "." in argument
    return _is_list_of(2)(argument) and isinstance(argument[0], str) and bool(argument[0])


def _is_substitution(argument: Any) -> bool:
    if isinstance(argument, str):
        return True
    return _is_list_of(2)(argument) and isinstance(argument[0], str) and isinstance(argument[1], dict)


FUNCTIONS: dict[Any, tuple[Callable[[Any], bool], str]] = {
    "Fn::GetAtt": (
        _is_attribute,
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ),
    "Fn::If": (_is_list_of(3), "Fn::If requires a list argument with three elements"),
    "Fn::Equals": (_is_list_of(2), "every Fn::Equals object requires a list of two string parameters."),
    "Fn::Join": (_is_list_of(2), "every Fn::Join object requires two parameters, a delimiter and a list of strings"),
    "Fn::Select": (_is_list_of(2), "Fn::Select requires a list argument with two elements: an index and a list"),
    "Fn::Split": (_is_list_of(2), "every Fn::Split object requires two parameters, a delimiter and a string"),
    "Fn::Sub": (_is_substitution, "One or more Fn::Sub intrinsic functions don't specify expected arguments."),
    "Fn::Not": (_is_list_of(1), "every Fn::Not object requires one boolean parameter."),
    "Ref": (lambda argument: isinstance(argument, str), "every Ref object must have a single String value."),
}
