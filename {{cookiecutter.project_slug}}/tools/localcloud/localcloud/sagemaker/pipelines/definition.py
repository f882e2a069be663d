"""Read a pipeline definition: parameters, steps, and which step waits for which. Refuses what the service refuses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from localcloud.errors import AwsError, NotInLocalcloud, validation_error

Step = dict[str, Any]
STEP_TYPES = ("Processing", "Training", "Condition", "RegisterModel", "Fail")
PARAMETER_TYPES = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
BRANCHES = ("IfSteps", "ElseSteps")


@dataclass(frozen=True)
class Definition:
    """A definition that passed its checks."""

    parameters: dict[str, dict[str, Any]]
    steps: dict[str, Step]
    parents: dict[str, tuple[str, str]]
    dependencies: dict[str, set[str]]

    def values(self, given: dict[str, str]) -> dict[str, Any]:
        """Value of every parameter of an execution; raises the service's ValidationException for a wrong one."""
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
    """Check a definition and return it; raises ValidationException or NotInLocalcloud."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        raise validation_error("Invalid pipeline definition: not JSON.") from None
    if content.get("Version") != "2020-12-01":
        raise validation_error("Invalid pipeline definition: Version must be 2020-12-01.")
    if content.get("MlflowConfig") or content.get("PipelineExperimentConfig"):
        raise NotInLocalcloud("MlflowConfig and PipelineExperimentConfig of pipelines")
    parameters = {parameter["Name"]: parameter for parameter in content.get("Parameters", [])}
    steps: dict[str, Step] = {}
    parents: dict[str, tuple[str, str]] = {}
    for step, parent in _walk(content.get("Steps", []), None):
        _check_step(step, steps)
        steps[step["Name"]] = step
        if parent:
            parents[step["Name"]] = parent
    dependencies = {name: _dependencies(step, parents, steps, parameters) for name, step in steps.items()}
    _refuse_cycles(dependencies)
    return Definition(parameters, steps, parents, dependencies)


def _walk(steps: list[Step], parent: tuple[str, str] | None) -> Iterator[tuple[Step, tuple[str, str] | None]]:
    for step in steps:
        yield step, parent
        if step.get("Type") == "Condition":
            for branch in BRANCHES:
                yield from _walk(step["Arguments"].get(branch) or [], (step["Name"], branch))


def _check_step(step: Step, known: dict[str, Step]) -> None:
    name, kind = step.get("Name"), step.get("Type")
    if name in known:
        raise validation_error(f"Invalid pipeline definition: step name {name} is used more than once.")
    if kind not in STEP_TYPES:
        raise NotInLocalcloud(f"pipeline steps of type {kind}")
    if (step.get("CacheConfig") or {}).get("Enabled"):
        raise NotInLocalcloud("step caching")


def references(value: Any, *, into_branches: bool = False) -> Iterator[str]:
    """Every `Get` path in a step's JSON, without those of the steps in its branches."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("Get"), str):
            yield value["Get"]
            return
        for key, member in value.items():
            if into_branches or key not in BRANCHES:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def _dependencies(
    step: Step, parents: dict[str, tuple[str, str]], steps: dict[str, Step], parameters: dict[str, Any]
) -> set[str]:
    name = step["Name"]
    found: set[str] = set()
    for dependency in step.get("DependsOn", []):
        if isinstance(dependency, dict):
            raise NotInLocalcloud("DependsOn with a trigger")
        if dependency in steps and steps[dependency]["Type"] == "Condition":
            raise validation_error(
                f"Step {name} depends on the condition step {dependency}; a step cannot wait for a condition."
            )
        found.add(dependency)
    for path in references(step):
        root, _, rest = path.partition(".")
        if root == "Steps":
            found.add(rest.split(".")[0])
        elif root == "Parameters" and rest not in parameters:
            raise validation_error(f"Invalid pipeline definition: step {name} uses the undefined parameter {rest}.")
    for dependency in sorted(found):
        if dependency not in steps:
            raise validation_error(
                f"Invalid pipeline definition: step {name} refers to the undefined step {dependency}."
            )
    if name in parents:
        found.add(parents[name][0])
    return found - {name}


def _refuse_cycles(dependencies: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        raise AwsError(
            "ValidationException", f"Invalid pipeline definition: the steps {error.args[1]} form a cycle."
        ) from None
