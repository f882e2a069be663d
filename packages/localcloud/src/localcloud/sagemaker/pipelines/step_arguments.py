"""Validation of a step's arguments against the request of the operation that the step calls.

Functions (`Get`, `Std:Join`, `Std:JsonGet`) are valid in place of any value. The service's messages are in
https://github.com/aws/sagemaker-python-sdk/pull/3472 ("Unknown Argument member") and /issues/3908.
"""

from collections.abc import Iterator
from typing import Any

from localcloud.sagemaker.operations import service_model
from localcloud.sagemaker.pipelines.definition_shape import as_list, as_object, unparsable
from localcloud.sagemaker.request_types import CHECKS
from localcloud.sagemaker.request_validation import detected, value_faults

FUNCTIONS = frozenset({"Get", "Std:Join", "Std:JsonGet"})
OPERATION_OF = {
    "Processing": "CreateProcessingJob",
    "Training": "CreateTrainingJob",
    "RegisterModel": "CreateModelPackage",
}
# The service sets the names of jobs, and a version in a group has no name: pull request 3472.
NAMED_BY_SERVICE = {"CreateProcessingJob": "ProcessingJobName", "CreateTrainingJob": "TrainingJobName"}
UNKNOWN_TO_PIPELINES = {"CreateModelPackage": ("ModelPackageName",)}


def is_function(value: Any) -> bool:
    """Return True for `{"Get": ...}` and the other functions of the definition language."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in FUNCTIONS


def check_arguments(step: dict[str, Any]) -> None:
    """Raise ValidationException for arguments that the operation of the step would reject."""
    if step["Type"] == "Fail":
        _check_fail(step)
    operation = OPERATION_OF.get(step["Type"])
    if operation is None:
        return
    shape = service_model().operation_model(operation).input_shape
    for member in UNKNOWN_TO_PIPELINES.get(operation, ()):
        if member in step["Arguments"]:
            raise unparsable(f"Unknown Argument member '{member}'.")
    faults = list(_faults(step["Arguments"], shape, "", NAMED_BY_SERVICE.get(operation, "")))
    if faults:
        raise unparsable(f"Step {step['Name']}: {detected(faults)}")


def _check_fail(step: dict[str, Any]) -> None:
    unknown = sorted(set(step["Arguments"]) - {"ErrorMessage"})
    if unknown:
        raise unparsable(f"Unknown Argument member '{unknown[0]}'.")


def _faults(value: Any, shape: Any, path: str, optional: str = "") -> Iterator[str]:
    if value is None or is_function(value):
        return
    if shape.type_name == "structure":
        yield from _structure_faults(as_object(value), shape, path, optional)
    elif shape.type_name == "list":
        for position, member in enumerate(as_list(value), start=1):
            yield from _faults(member, shape.member, f"{path}.{position}.member")
    elif shape.type_name == "map":
        for key, member in as_object(value).items():
            yield from _faults(member, shape.value, f"{path}.{key}.member")
    elif not CHECKS[shape.type_name](value):
        yield f"Expected a {shape.type_name} at '{path}'; found {type(value).__name__}"
    else:
        yield from value_faults(value, shape, path)


def _structure_faults(value: dict[str, Any], shape: Any, path: str, optional: str) -> Iterator[str]:
    for name, member in value.items():
        if member is not None and name not in shape.members:
            raise unparsable(f"Unknown Argument member '{name}'.")
    for name in shape.required_members:
        if value.get(name) is None and name != optional:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in value.items():
        if member is not None:
            yield from _faults(member, shape.members[name], _join(path, name))


def _join(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member
