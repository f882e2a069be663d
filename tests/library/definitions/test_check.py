import json
from collections.abc import Callable
from typing import Any

import pytest
from sagemaker_mlops.definitions.check import DEFINITIONS, definition_faults
from sagemaker_mlops.definitions.pipeline_graph import columns_of

Change = Callable[[dict[str, Any]], object]


def definition() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DEFINITIONS / "training.json").read_text(encoding="utf-8"))
    return content


def step(content: dict[str, Any], name: str) -> dict[str, Any]:
    condition = content["Steps"][-1]["Arguments"]
    steps = [*content["Steps"], *condition["IfSteps"], *condition["ElseSteps"]]
    return next(found for found in steps if found["Name"] == name)


def arguments(content: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = step(content, name)["Arguments"]
    return found


def test_the_committed_definition_has_no_fault() -> None:
    assert definition_faults(json.dumps(definition())) == []


def test_the_steps_are_those_of_the_design() -> None:
    assert columns_of(definition()) == [
        ["ValidateData"],
        ["PrepareData"],
        ["TrainModel", "ScoreChampion"],
        ["EvaluateModel"],
        ["CheckGates"],
        ["RegisterModel", "RejectModel"],
    ]


FAULTS: dict[str, tuple[Change, str]] = {
    "unknown member": (lambda d: arguments(d, "ValidateData").update(Color="red"), "Unknown parameter"),
    "missing member": (
        lambda d: arguments(d, "ValidateData").pop("RoleArn"),
        'Missing required parameter in input: "RoleArn"',
    ),
    "wrong type": (
        lambda d: arguments(d, "ValidateData")["ProcessingResources"]["ClusterConfig"].update(InstanceCount="one"),
        "Invalid type for parameter ProcessingResources.ClusterConfig.InstanceCount",
    ),
    "enumeration": (
        lambda d: arguments(d, "TrainModel")["OutputDataConfig"].update(CompressionType="ZIP"),
        "'ZIP' is none of GZIP, NONE",
    ),
    "pattern": (lambda d: arguments(d, "TrainModel").update(RoleArn="role/of-the-pipeline-of-mine"), "does not match"),
    "range": (
        lambda d: arguments(d, "ValidateData")["StoppingCondition"].update(MaxRuntimeInSeconds=10_000_000),
        "10000000 is above 777600",
    ),
    "undefined parameter": (
        lambda d: arguments(d, "ValidateData")["AppSpecification"].update(ImageUri={"Get": "Parameters.Image"}),
        "undefined parameter Image",
    ),
    "undefined step": (lambda d: step(d, "PrepareData").update(DependsOn=["Validate"]), "undefined step Validate"),
    "undefined execution variable": (
        lambda d: arguments(d, "RegisterModel")["CustomerMetadataProperties"].update(x={"Get": "Execution.Id"}),
        "undefined execution variable Id",
    ),
    "undefined output": (
        lambda d: arguments(d, "TrainModel")["InputDataConfig"][0]["DataSource"]["S3DataSource"].update(
            S3Uri={"Get": "Steps.PrepareData.ProcessingOutputConfig.Outputs['rows'].S3Output.S3Uri"}
        ),
        "PrepareData has no output rows",
    ),
    "undefined property": (
        lambda d: arguments(d, "RegisterModel")["CustomerMetadataProperties"].update(
            x={"Get": "Steps.TrainModel.ModelArtifacts.S3Model"}
        ),
        "ModelArtifacts has no S3Model",
    ),
    "undefined property file": (
        lambda d: step(d, "EvaluateModel")["PropertyFiles"][0].update(PropertyFileName="Gate"),
        "EvaluateModel has no property file Gates",
    ),
    "property file without output": (
        lambda d: step(d, "EvaluateModel")["PropertyFiles"][0].update(OutputName="gates"),
        "is in gates, which is no output",
    ),
    "local path": (
        lambda d: arguments(d, "ValidateData")["ProcessingInputs"][0]["S3Input"].update(LocalPath="/tmp/data"),
        "not below /opt/ml/processing",
    ),
    "repeated local path": (
        lambda d: arguments(d, "ValidateData")["ProcessingInputs"][0]["S3Input"].update(
            LocalPath="/opt/ml/processing/input/baseline"
        ),
        "is used more than once",
    ),
    "repeated name": (lambda d: step(d, "PrepareData").update(Name="ValidateData"), "the name is used more than once"),
    "bad name": (lambda d: step(d, "RejectModel").update(Name="Reject model"), "letters, digits, - and _ only"),
    "cycle": (lambda d: step(d, "ValidateData").update(DependsOn=["EvaluateModel"]), "form a cycle"),
    "joining a condition": (lambda d: step(d, "TrainModel").update(DependsOn=["CheckGates"]), "cannot join branches"),
    "joining a branch": (
        lambda d: d["Steps"].append({"Name": "Late", "Type": "Fail", "Arguments": {}, "DependsOn": ["RegisterModel"]}),
        "only in a branch of CheckGates",
    ),
    "entry point": (
        lambda d: arguments(d, "TrainModel")["AlgorithmSpecification"].update(
            ContainerEntrypoint=["python", "-m", "sagemaker_mlops.training.fit"]
        ),
        "sagemaker_mlops.training.fit is no module",
    ),
    "retry": (
        lambda d: step(d, "TrainModel")["RetryPolicies"][0].update(ExceptionType=["Step.TIRED"]),
        "Step.TIRED, which is no exception type",
    ),
    "retry of a registration": (
        lambda d: step(d, "RegisterModel")["RetryPolicies"][0].update(ExceptionType=["SageMaker.CAPACITY_ERROR"]),
        "which only jobs raise",
    ),
    "parameter type": (lambda d: d["Parameters"][0].update(DefaultValue=5), "the default 5 is no String"),
    "parameter enumeration": (
        lambda d: next(p for p in d["Parameters"] if p["Name"] == "Trigger").update(DefaultValue="moon"),
        "'moon' is none of its EnumValues",
    ),
    "placeholder": (
        lambda d: arguments(d, "TrainModel")["OutputDataConfig"].update(KmsKeyId="placeholder-key"),
        "placeholder-key is an unknown placeholder",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_of_fault_is_found(kind: str) -> None:
    change, message = FAULTS[kind]
    content = definition()
    change(content)
    assert any(message in fault for fault in definition_faults(json.dumps(content))), definition_faults(
        json.dumps(content)
    )


def test_a_definition_that_is_too_large_is_refused() -> None:
    content = definition()
    content["Metadata"] = {"note": "x" * 1024 * 1024}
    assert "bytes, at most" in definition_faults(json.dumps(content))[0]
