"""Check of the compiled definitions without AWS and the SDK: `python -m sagemaker_mlops.definitions.check`.

It reports what SageMaker would reject. It does not cover what only the service can check, such as roles and quotas.
"""

import json
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from typing import Any

from sagemaker_mlops.definitions.pipeline_graph import Node, nodes_of, references, waits_for
from sagemaker_mlops.definitions.placeholders import ALL as PLACEHOLDERS
from sagemaker_mlops.definitions.service_shapes import argument_faults, path_fault
from sagemaker_mlops.definitions.sources import changed_sources
from sagemaker_mlops.project import ROOT

DEFINITIONS = ROOT / "pipelines" / "definitions"
LARGEST_DEFINITION_BYTES = 1024 * 1024
STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
PLACEHOLDER = re.compile(r"placeholder-[a-z-]+")
EXECUTION_VARIABLES = {
    "PipelineExecutionId", "PipelineExecutionArn", "PipelineName", "PipelineArn", "StartDateTime", "CurrentDateTime",
}  # fmt: skip
PARAMETER_TYPES: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
}
RETRIABLE = {
    "Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
}  # fmt: skip

# step type -> (operation, member for the job name that the service generates, shape of its properties)
OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName", "DescribeProcessingJobResponse"),
    "Training": ("CreateTrainingJob", "TrainingJobName", "DescribeTrainingJobResponse"),
    "RegisterModel": ("CreateModelPackage", None, "DescribeModelPackageOutput"),
}
LOCAL_PATHS = {"ProcessingInputs": "S3Input", "Outputs": "S3Output"}


def definition_faults(text: str) -> list[str]:
    """Return a message for each fault of a definition."""
    if len(text.encode()) > LARGEST_DEFINITION_BYTES:
        return [f"the definition has {len(text.encode()):,} bytes, at most {LARGEST_DEFINITION_BYTES:,} are allowed"]
    definition = json.loads(text)
    nodes = nodes_of(definition)
    return [
        *_parameter_faults(definition["Parameters"]),
        *_name_faults(nodes),
        *_graph_faults(nodes),
        *_placeholder_faults(text),
        *(f"{node.name}: {fault}" for node in nodes for fault in _step_faults(node, nodes, definition["Parameters"])),
    ]


def _parameter_faults(parameters: list[dict[str, Any]]) -> Iterator[str]:
    for parameter in parameters:
        name, default = parameter["Name"], parameter.get("DefaultValue")
        if default is not None and not isinstance(default, PARAMETER_TYPES[parameter["Type"]]):
            yield f"parameter {name}: the default {default!r} is no {parameter['Type']}"
        if default is not None and default not in parameter.get("EnumValues", [default]):
            yield f"parameter {name}: the default {default!r} is none of its EnumValues"


def _name_faults(nodes: list[Node]) -> Iterator[str]:
    names = [node.name for node in nodes]
    yield from (f"{name}: the name is used more than once" for name in sorted({n for n in names if names.count(n) > 1}))
    yield from (
        f"{name}: a step name has letters, digits, - and _ only" for name in names if not STEP_NAME.fullmatch(name)
    )


def _graph_faults(nodes: list[Node]) -> Iterator[str]:
    by_name = {node.name: node for node in nodes}
    for node in nodes:
        for other in sorted(waits_for(node)):
            if other not in by_name:
                yield f"{node.name}: refers to the undefined step {other}"
            elif by_name[other].type == "Condition" and node.condition != other:
                yield f"{node.name}: depends on the condition {other}; SageMaker cannot join branches again"
            elif by_name[other].condition not in (None, node.condition):
                yield f"{node.name}: depends on {other}, which runs only in a branch of {by_name[other].condition}"
    try:
        TopologicalSorter({node.name: waits_for(node) for node in nodes}).prepare()
    except CycleError as error:
        yield f"the steps {' -> '.join(error.args[1])} form a cycle"


def _placeholder_faults(text: str) -> Iterator[str]:
    for found in sorted(set(PLACEHOLDER.findall(text))):
        if not any(found in placeholder for placeholder in PLACEHOLDERS):
            yield f"{found} is an unknown placeholder; see sagemaker_mlops/definitions/placeholders.py"


def _step_faults(node: Node, nodes: list[Node], parameters: list[dict[str, Any]]) -> Iterator[str]:
    names = {parameter["Name"] for parameter in parameters}
    yield from _reference_faults(node, {other.name: other for other in nodes}, names)
    if node.type in OPERATIONS:
        operation, job_name, _ = OPERATIONS[node.type]
        given = {job_name: "given-by-the-service"} if job_name else {}
        defaults = {
            parameter["Name"]: parameter["DefaultValue"] for parameter in parameters if "DefaultValue" in parameter
        }
        yield from argument_faults(operation, {**node.step["Arguments"], **given}, defaults)
    yield from _local_path_faults(node)
    yield from _entry_point_faults(node)
    yield from _retry_faults(node)


def _reference_faults(node: Node, nodes: dict[str, Node], parameters: set[str]) -> Iterator[str]:
    for path in references(node.step):
        root, _, rest = path.partition(".")
        if root == "Parameters" and rest not in parameters:
            yield f"refers to the undefined parameter {rest}"
        elif root == "Execution" and rest not in EXECUTION_VARIABLES:
            yield f"refers to the undefined execution variable {rest}"
        elif root == "Steps" and rest.split(".")[0] in nodes:
            name, _, property_path = rest.partition(".")
            fault = _property_fault(nodes[name], property_path)
            if fault:
                yield f"refers to {path}: {fault}"
        elif root not in ("Parameters", "Execution", "Steps"):
            yield f"refers to {path}, which does not exist"


def _property_fault(node: Node, path: str) -> str | None:
    kind, _, rest = path.partition(".")
    if kind == "PropertyFiles":
        known = {entry["PropertyFileName"] for entry in node.step.get("PropertyFiles", [])}
        return None if rest in known else f"{node.name} has no property file {rest}"
    if node.type not in OPERATIONS:
        return f"a {node.type} step has no properties"
    output = re.match(r"ProcessingOutputConfig\.Outputs\['([^']+)'\]", path)
    if output and output.group(1) not in _output_names(node):
        return f"{node.name} has no output {output.group(1)}"
    return path_fault(OPERATIONS[node.type][2], path)


def _output_names(node: Node) -> set[str]:
    return {
        entry["OutputName"] for entry in node.step["Arguments"].get("ProcessingOutputConfig", {}).get("Outputs", [])
    }


def _local_path_faults(node: Node) -> Iterator[str]:
    if node.type != "Processing":
        return
    arguments = node.step["Arguments"]
    sides = {"ProcessingInputs": arguments.get("ProcessingInputs", []), **arguments.get("ProcessingOutputConfig", {})}
    paths = [
        entry[LOCAL_PATHS[side]]["LocalPath"]
        for side, entries in sides.items()
        for entry in entries
        if side in LOCAL_PATHS
    ]
    for path in paths:
        if not path.startswith("/opt/ml/processing/"):
            yield f"the local path {path} is not below /opt/ml/processing, which the service asks for"
        if paths.count(path) > 1:
            yield f"the local path {path} is used more than once"
    for entry in node.step.get("PropertyFiles", []):
        if entry["OutputName"] not in _output_names(node):
            yield f"the property file {entry['PropertyFileName']} is in {entry['OutputName']}, which is no output"


def _entry_point_faults(node: Node) -> Iterator[str]:
    """Yield entry points that are no modules of this repository.

    A renamed module is thus reported here instead of failing in a job.
    """
    arguments = node.step.get("Arguments", {})
    container = arguments.get("AppSpecification") or arguments.get("AlgorithmSpecification") or {}
    entry_point = container.get("ContainerEntrypoint", [])
    if "-m" in entry_point:
        module = entry_point[entry_point.index("-m") + 1]
        if not _is_module(module):
            yield f"the entry point {module} is no module of this repository or of its packages"


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a parent package does not exist
        return False


def _retry_faults(node: Node) -> Iterator[str]:
    for policy in node.step.get("RetryPolicies", []):
        for kind in policy["ExceptionType"]:
            if kind not in RETRIABLE:
                yield f"retries on {kind}, which is no exception type"
            elif kind.startswith("SageMaker.") and node.type == "RegisterModel":
                yield f"retries on {kind}, which only jobs raise"


def main() -> int:
    """Check each committed definition, and return the exit code."""
    faults = [
        f"{path.name}: {fault}"
        for path in sorted(DEFINITIONS.glob("*.json"))
        for fault in definition_faults(path.read_text(encoding="utf-8"))
    ]
    changed = changed_sources()
    if changed:
        faults.append(
            f"{', '.join(changed)} changed after the definitions were compiled. Run `make compile`, commit both"
        )
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"{len(list(DEFINITIONS.glob('*.json')))} definitions, nothing that SageMaker would refuse")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
