"""Validation of templates before any resource is created, as CloudFormation does it.

ministack checks types, quotas and mappings. This module adds checks of references, parameters, cycles and capabilities
(also without IAM enforcement), and of the properties of each resource against the schema of its type. Properties are
checked when a change set is created, when a stack is created or updated, and with their final values before each
resource is created.
"""

import copy
import re
from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.conditions import evaluate_conditions
from localcloud.cloudformation.resource_schema import ResourceSchema, resource_schema
from localcloud.cloudformation.schema_scalars import Fault
from localcloud.cloudformation.schema_validation import find_faults
from localcloud.cloudformation.template_format import check_format
from localcloud.cloudformation.template_parameters import check_parameters
from localcloud.cloudformation.template_references import TemplateRefused, check_references
from localcloud.errors import NotInLocalcloud
from localcloud.on_ministack.known_values import Resolver, is_no_value
from localcloud.on_ministack.resource_types import current_scope

Properties = dict[str, Any]
# Logical id, type, name of the validation, path and reason, as ministack reports them through DescribeEvents.
Finding = tuple[str, str, str, str, str]
VALIDATION = "PROPERTY_VALIDATION"


def install_template_checks() -> None:
    """Wrap ministack's own validation."""
    _check_format_and_capabilities()
    _evaluate_whole_conditions()
    _check_parameters()
    _check_templates()
    _check_properties_early()
    _check_properties_before_provisioning()


def _check_format_and_capabilities() -> None:
    """Check the format first, and require capabilities always, as AWS does.

    ministack checks capabilities first, and only if IAM is enforced.
    """
    from ministack.services.cloudformation import handlers, helpers

    capabilities = handlers._check_capabilities

    def checked(sent: Any, template: Any, params: Any, macros: bool = True) -> Any:
        try:
            check_format(template)
        except TemplateRefused as error:
            return helpers._error("ValidationError", str(error))
        return capabilities(sent, template, params, macros=macros)

    handlers._check_capabilities = checked
    handlers._capabilities_enforced = lambda: True


def _evaluate_whole_conditions() -> None:
    """Replace ministack's evaluation, which compares Fn::Join, Fn::Sub and AWS::Region as text."""
    from ministack.services.cloudformation import changesets, engine, handlers, stacks

    def evaluated(template: Any, parameters: Any) -> dict[str, bool]:
        def resolve(value: Any) -> Any:
            mappings = template.get("Mappings") or {}
            return engine._resolve_refs(copy.deepcopy(value), {}, parameters, {}, mappings, "", "")

        return evaluate_conditions(template.get("Conditions") or {}, resolve)

    for module in (engine, changesets, handlers, stacks):
        module._evaluate_conditions = evaluated


def _check_parameters() -> None:
    from ministack.services.cloudformation import changesets, engine, handlers

    resolve = engine._resolve_parameters

    def resolved(template: Any, given: Any, previous: Any = None) -> Any:
        check_parameters(template, [entry["Key"] for entry in given if "Key" in entry])
        return resolve(template, given, previous)

    handlers._resolve_parameters = changesets._resolve_parameters = resolved


def _check_templates() -> None:
    from ministack.services.cloudformation import changesets, engine, handlers

    validate = engine.validate_template_support

    def validated(template: Any, conditions: Any, params: Any = None) -> None:
        check_format(template)
        _refuse_types_of_aws(template, conditions)
        validate(template, conditions, params=params)
        if template.get("Transform"):
            return  # the macro may add what is missing
        check_references(template, conditions, current_scope().region)
        _check_cycles(template, conditions)

    handlers.validate_template_support = changesets.validate_template_support = validated


def _refuse_types_of_aws(template: Any, conditions: Any) -> None:
    """Raise TemplateRefused for resource types that AWS has and localcloud lacks.

    ministack reports them as unrecognized, like a misspelt type.
    """
    from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

    resources = (template.get("Resources") or {}).values()
    wanted = {resource["Type"] for resource in resources if conditions.get(resource.get("Condition"), True)}
    region = current_scope().region
    lacking = sorted(name for name in wanted - set(_RESOURCE_HANDLERS) if resource_schema(name, region))
    if lacking and not template.get("Transform"):
        raise TemplateRefused(str(NotInLocalcloud(f"the resource types {', '.join(lacking)}")))


def _check_cycles(template: Any, conditions: Any) -> None:
    """Raise TemplateRefused for a circular dependency.

    Source of the message: https://github.com/aws/serverless-application-model/issues/258
    """
    from ministack.services.cloudformation import engine

    try:
        engine._topological_sort(template.get("Resources") or {}, conditions)
    except ValueError as error:
        names = str(error).partition(": ")[2]
        raise TemplateRefused(f"Circular dependency between resources: [{names}]") from None


def _check_properties_early() -> None:
    """Add the faults of properties to ministack's pre-deployment validation of stacks.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
    """
    from ministack.services.cloudformation import stacks

    found: Callable[..., list[Finding]] = stacks._validation_errors

    def with_schemas(resources: Any, ordered: Any, *values: Any, **options: Any) -> list[Finding]:
        faulty = schema_findings({name: resources[name] for name in ordered}, Resolver(resources, *values[:5]))
        return [*faulty, *found(resources, ordered, *values, **options)]

    stacks._validation_errors = with_schemas


def schema_findings(resources: dict[str, Any], resolver: Resolver) -> list[Finding]:
    """Return the faults of the properties of resources, as far as their values are known."""
    region = current_scope().region
    findings = []
    for logical_id, resource in resources.items():
        schema = resource_schema(str(resource.get("Type")), region)
        if schema is None or not resolver.is_made(resource):
            continue
        for fault in property_faults(schema, resolver.resolve(resource.get("Properties") or {})):
            path = f"/Resources/{logical_id}/Properties{fault.pointer.removeprefix('#')}"
            findings.append((logical_id, schema.type_name, VALIDATION, path, _early_reason(fault)))
    return findings


def _early_reason(fault: Fault) -> str:
    """Return the message of a fault in the words of early validation.

    Only the message of a missing required key is known to differ. Source: https://github.com/aws/aws-cdk-cli/pull/1463
    """
    key = re.fullmatch(r"required key (\[.*\]) not found", fault.message)
    return f"Required property {key[1]} not found" if key else fault.message


def property_faults(schema: ResourceSchema, properties: Properties) -> list[Fault]:
    """Return the faults of a resource's properties. A property that only the service sets is a fault."""
    faults = find_faults(properties, schema.definition)
    if "$ref" in schema.definition or not isinstance(properties, dict):
        return faults
    given = [path for path in schema.read_only if "/" not in path and path in properties]
    return [*faults, *(Fault("#", "readOnly", f"extraneous key [{name}] is not permitted") for name in given)]


def _check_properties_before_provisioning() -> None:
    """Check the final property values against the schema before a resource is created or updated.

    Source of the message: https://github.com/aws-samples/aws-bookstore-demo-app/issues/56
    """
    from ministack.services.cloudformation import stacks

    provision, update = stacks._provision_keeping_seed, stacks._update_keeping_seed

    def provisioned(type_name: str, logical_id: str, properties: Properties, *rest: Any) -> Any:
        refuse_faulty(type_name, logical_id, properties)
        return provision(type_name, logical_id, properties, *rest)

    def updated(
        type_name: str, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str, *rest: Any
    ) -> Any:
        refuse_faulty(type_name, logical_id, new)
        return update(type_name, physical_id, old, new, stack_name, logical_id, *rest)

    stacks._provision_keeping_seed, stacks._update_keeping_seed = provisioned, updated


def refuse_faulty(type_name: str, logical_id: str, properties: Properties) -> None:
    """Raise ValueError with CloudFormation's message if the schema does not allow the properties."""
    schema = resource_schema(type_name, current_scope().region)
    faults = property_faults(schema, _without_no_value(properties)) if schema else []
    if faults:
        listed = ", ".join(map(str, faults))
        raise ValueError(f"Properties validation failed for resource {logical_id} with message: [{listed}]")


def _without_no_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_no_value(member) for key, member in value.items() if not is_no_value(member)}
    if isinstance(value, list):
        return [_without_no_value(member) for member in value if not is_no_value(member)]
    return value
