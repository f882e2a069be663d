"""References in a definition: parameters, execution variables, step properties and property files."""

import re
from collections.abc import Iterator
from typing import Any

from localcloud.sagemaker.operations import service_model
from localcloud.sagemaker.pipelines.definition_shape import BRANCHES, as_object, as_text, unparsable

Step = dict[str, Any]
PATH_PART = re.compile(r"\.?([A-Za-z0-9_\-]+)|\['([^']+)'\]|\[(\d+)\]")
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-variables.html
EXECUTION_VARIABLES = (
    "CurrentDateTime",
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionId",
    "PipelineName",
    "StartDateTime",
)
# The properties of a step are the response of its job's Describe operation. Source:
# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
DESCRIBED_BY = {
    "Processing": "DescribeProcessingJob",
    "Training": "DescribeTrainingJob",
    "RegisterModel": "DescribeModelPackage",
}
# The service converts lists with one of these members to maps, with the member as key.
NAMES = {"InputName", "OutputName"}


def references(value: Any) -> Iterator[str]:
    """Yield every `Get` path in a step, except those of the steps in its branches."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("Get"), str):
            yield value["Get"]
            return
        for key, member in value.items():
            if key not in BRANCHES:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def check_references(step: Step, steps: dict[str, Step], parameters: dict[str, Any]) -> set[str]:
    """Return the steps that a step refers to; raise ValidationException for an invalid reference."""
    found: set[str] = set()
    for path in references(step):
        root, _, rest = path.partition(".")
        if root == "Steps":
            found.add(_step_of(step["Name"], rest, steps))
        elif root == "Parameters":
            if rest not in parameters:
                raise unparsable(f"Step {step['Name']} uses the undefined parameter {rest}.")
        elif root != "Execution" or rest not in EXECUTION_VARIABLES:
            raise unparsable(f"Step {step['Name']} has the invalid reference '{path}'.")
    for function in _json_gets(step):
        _check_json_get(step["Name"], as_object(function), steps)
    return found


def _step_of(name: str, rest: str, steps: dict[str, Step]) -> str:
    other, _, property_path = rest.partition(".")
    if other not in steps:
        raise unparsable(f"Step {name} refers to the undefined step {other}.")
    if property_path.startswith("PropertyFiles."):
        _require_property_file(name, steps[other], property_path.removeprefix("PropertyFiles."))
    elif not _has_property(steps[other], property_path):
        raise unparsable(f"Step {name} refers to the unknown property '{property_path}' of step {other}.")
    return other


def _require_property_file(name: str, step: Step, file: str) -> None:
    known = [entry["PropertyFileName"] for entry in step.get("PropertyFiles") or []]
    if file not in known:
        raise unparsable(f"Step {name} refers to the undefined property file {file} of step {step['Name']}.")


def _has_property(step: Step, path: str) -> bool:
    operation = DESCRIBED_BY.get(step["Type"])
    if operation is None:
        return step["Type"] == "Condition" and path == "Outcome"
    shape: Any = service_model().operation_model(operation).output_shape
    position = 0
    for match in PATH_PART.finditer(path):
        if match.start() != position:
            return False
        position = match.end()
        shape = _member_of(shape, match.group(1) or match.group(2), is_index=match.group(3) is not None)
        if shape is None:
            return False
    return position == len(path)


def _member_of(shape: Any, name: str | None, *, is_index: bool) -> Any:
    if shape.type_name == "structure":
        return shape.members.get(name)
    if shape.type_name == "map":
        return shape.value
    if shape.type_name == "list":  # by position, or by name if the service makes a map of the list
        is_named = shape.member.type_name == "structure" and NAMES & set(shape.member.members)
        return shape.member if is_index or is_named else None
    return None


def _json_gets(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "Std:JsonGet":
                yield member
            elif key not in BRANCHES:
                yield from _json_gets(member)
    elif isinstance(value, list):
        for member in value:
            yield from _json_gets(member)


def _check_json_get(name: str, function: dict[str, Any], steps: dict[str, Step]) -> None:
    as_text(function.get("Path"), f"the path of a Std:JsonGet in step {name}")
    path = as_text(as_object(function.get("PropertyFile")).get("Get"), f"the property file in step {name}")
    parts = path.split(".")
    if len(parts) != 4 or parts[0] != "Steps" or parts[2] != "PropertyFiles":
        raise unparsable(f"Step {name} has the invalid property file '{path}'.")
    if steps.get(parts[1], {}).get("Type") != "Processing":
        raise unparsable(f"Step {name} reads a property file of {parts[1]}, which is no processing step.")
