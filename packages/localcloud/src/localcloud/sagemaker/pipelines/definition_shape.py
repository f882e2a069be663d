"""Structure of a pipeline definition: objects, arrays and strings where the service expects them.

Source: https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/ (the schema of
version 2020-12-01), and the messages in https://github.com/aws/sagemaker-python-sdk/issues/2345 and /3908.
"""

import re
from typing import Any

from localcloud.errors import AwsError, validation_error

STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
BRANCHES = ("IfSteps", "ElseSteps")
PARAMETER_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}
COMPARISONS = ("Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")


def unparsable(reason: str) -> AwsError:
    """Return the service's error for an invalid definition."""
    return validation_error(f"Unable to parse pipeline definition. {reason}")


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object; raise ValidationException for any other value."""
    if not isinstance(value, dict):
        raise unparsable("Expecting start of Json Object.")
    return value


def as_list(value: Any) -> list[Any]:
    """Return a JSON array; raise ValidationException for any other value."""
    if not isinstance(value, list):
        raise unparsable("Expecting start of Json Array.")
    return value


def optional_list(value: Any) -> list[Any]:
    """Return a JSON array, empty for null; raise ValidationException for any other value."""
    return [] if value is None else as_list(value)


def as_text(value: Any, what: str) -> str:
    """Return a string; raise ValidationException for any other value."""
    if not isinstance(value, str):
        raise unparsable(f"Expected a string as {what}.")
    return value


def checked_parameters(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parameters by name; raise ValidationException for an invalid type or default."""
    parameters: dict[str, dict[str, Any]] = {}
    for entry in optional_list(content.get("Parameters")):
        parameter = as_object(entry)
        name = as_text(parameter.get("Name"), "the name of a parameter")
        if name in parameters:
            raise unparsable(f"Parameter {name} is defined more than once.")
        _check_parameter(name, parameter)
        parameters[name] = parameter
    return parameters


def _check_parameter(name: str, parameter: dict[str, Any]) -> None:
    kind = parameter.get("Type")
    if kind not in PARAMETER_TYPES:
        raise unparsable(f"Parameter {name} has the unknown type {kind}.")
    allowed = optional_list(parameter.get("EnumValues"))
    default = parameter.get("DefaultValue")
    if default is None:
        return
    is_other = isinstance(default, bool) and kind != "Boolean"
    if is_other or not isinstance(default, PARAMETER_TYPES[kind]):
        raise unparsable(f"The default value of parameter {name} is not of type {kind}.")
    if allowed and default not in allowed:
        raise unparsable(f"The default value of parameter {name} is not among its enum values.")


def check_step_form(step: Any) -> dict[str, Any]:
    """Return a step; raise ValidationException unless it has a valid name, type and arguments."""
    found = as_object(step)
    name = as_text(found.get("Name"), "the name of a step")
    if not STEP_NAME.fullmatch(name):
        raise unparsable(f"Step name '{name}' does not match the pattern {STEP_NAME.pattern}.")
    as_text(found.get("Type"), f"the type of step {name}")
    as_object(found.get("Arguments"))
    for dependency in optional_list(found.get("DependsOn")):
        if not isinstance(dependency, dict):
            as_text(dependency, f"a dependency of step {name}")
    for entry in optional_list(found.get("PropertyFiles")):
        for member in ("PropertyFileName", "OutputName", "FilePath"):
            as_text(as_object(entry).get(member), f"{member} of a property file of step {name}")
    if found["Type"] == "Condition":
        _check_condition_step(found["Arguments"])
    return found


def _check_condition_step(arguments: dict[str, Any]) -> None:
    for condition in as_list(arguments.get("Conditions")):
        _check_condition(as_object(condition))
    for branch in BRANCHES:
        optional_list(arguments.get(branch))


def _check_condition(condition: dict[str, Any]) -> None:
    kind = condition.get("Type")
    needed = {"In": ("QueryValue", "Values"), "Not": ("Expression",), "Or": ("Conditions",)}
    members = needed.get(str(kind)) or (("LeftValue", "RightValue") if kind in COMPARISONS else None)
    if members is None:
        raise unparsable(f"Unknown condition type '{kind}'.")
    for member in members:
        if member not in condition:
            raise unparsable(f"Condition of type {kind} needs the member '{member}'.")
    if kind == "Not":
        _check_condition(as_object(condition["Expression"]))
    if kind == "In":
        as_list(condition["Values"])
    if kind == "Or":
        for member_condition in as_list(condition["Conditions"]):
            _check_condition(as_object(member_condition))
