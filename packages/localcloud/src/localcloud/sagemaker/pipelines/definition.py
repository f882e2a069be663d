"""Parser of pipeline definitions: parameters, steps and their dependencies.

Definitions that SageMaker rejects are rejected.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.pipelines.definition_shape import (
    BRANCHES,
    as_list,
    as_object,
    check_step_form,
    checked_parameters,
    unparsable,
)
from localcloud.sagemaker.pipelines.step_arguments import check_arguments
from localcloud.sagemaker.pipelines.step_references import check_references

Step = dict[str, Any]
STEP_TYPES = ("Processing", "Training", "Condition", "RegisterModel", "Fail")
PARAMETER_TYPES = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
VERSION = "2020-12-01"


@dataclass(frozen=True)
class Definition:
    """A valid definition."""

    parameters: dict[str, dict[str, Any]]
    steps: dict[str, Step]
    parents: dict[str, tuple[str, str]]
    dependencies: dict[str, set[str]]

    def values(self, given: dict[str, str]) -> dict[str, Any]:
        """Return the value of every parameter of an execution.

        Raises:
            AwsError: ValidationException for an unknown, missing or invalid value.
        """
        unknown = sorted(set(given) - set(self.parameters))
        if unknown:
            raise validation_error(f"Unknown parameters: {', '.join(unknown)} are not defined in the pipeline.")
        values = {name: parameter.get("DefaultValue") for name, parameter in self.parameters.items()}
        values |= {name: _typed(self.parameters[name], value) for name, value in given.items()}
        missing = sorted(name for name, value in values.items() if value is None)
        if missing:
            raise validation_error(f"Missing parameters: {', '.join(missing)} have no default and must be given.")
        return values


def _typed(parameter: dict[str, Any], value: str) -> Any:
    name, kind = parameter["Name"], parameter["Type"]
    allowed = parameter.get("EnumValues")
    try:
        typed = value.lower() == "true" if kind == "Boolean" else PARAMETER_TYPES[kind](value)
    except ValueError:
        raise validation_error(f"Parameter {name} must be of type {kind}; found {value}.") from None
    if allowed and typed not in allowed:
        raise validation_error(f"Parameter {name} must be one of {allowed}; found {value}.")
    return typed


def parse_definition(text: str) -> Definition:
    """Return a definition.

    Raises:
        AwsError: ValidationException for an invalid definition.
        NotInLocalcloud: for features that localcloud does not implement.
    """
    content = _read(text)
    parameters = checked_parameters(content)
    steps: dict[str, Step] = {}
    parents: dict[str, tuple[str, str]] = {}
    for step, parent in _walk(as_list(content.get("Steps")), None):
        _check_step(step, steps)
        steps[step["Name"]] = step
        if parent:
            parents[step["Name"]] = parent
    dependencies = {name: _dependencies(step, parents, steps, parameters) for name, step in steps.items()}
    _refuse_cycles(dependencies)
    return Definition(parameters, steps, parents, dependencies)


def _read(text: str) -> dict[str, Any]:
    try:
        content = as_object(json.loads(text))
    except (ValueError, RecursionError):
        raise unparsable("Expecting start of Json Object.") from None
    if content.get("Version") != VERSION:
        raise unparsable(f"Version must be {VERSION}.")
    if content.get("MlflowConfig") or content.get("PipelineExperimentConfig"):
        raise NotInLocalcloud("MlflowConfig and PipelineExperimentConfig of pipelines")
    return content


def _walk(steps: list[Any], parent: tuple[str, str] | None) -> Iterator[tuple[Step, tuple[str, str] | None]]:
    for entry in steps:
        step = check_step_form(entry)
        yield step, parent
        if step["Type"] == "Condition":
            for branch in BRANCHES:
                yield from _walk(step["Arguments"].get(branch) or [], (step["Name"], branch))


def _check_step(step: Step, known: dict[str, Step]) -> None:
    name, kind = step["Name"], step["Type"]
    if name in known:
        raise unparsable(f"Step name {name} is used more than once.")
    if kind not in STEP_TYPES:
        raise NotInLocalcloud(f"pipeline steps of type {kind}")
    if as_object(step.get("CacheConfig") or {}).get("Enabled"):
        raise NotInLocalcloud("step caching")
    check_arguments(step)


def _dependencies(
    step: Step, parents: dict[str, tuple[str, str]], steps: dict[str, Step], parameters: dict[str, Any]
) -> set[str]:
    name = step["Name"]
    found = check_references(step, steps, parameters)
    for dependency in step.get("DependsOn") or []:
        if isinstance(dependency, dict):
            raise NotInLocalcloud("DependsOn with a trigger")
        if dependency not in steps:
            raise unparsable(f"Step {name} depends on the undefined step {dependency}.")
        if steps[dependency]["Type"] == "Condition":
            raise validation_error(
                f"Step {name} depends on the condition step {dependency}; a step cannot wait for a condition."
            )
        found.add(dependency)
    if name in parents:
        found.add(parents[name][0])
    return found - {name}


def _refuse_cycles(dependencies: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        raise unparsable(f"The steps {error.args[1]} form a cycle.") from None
