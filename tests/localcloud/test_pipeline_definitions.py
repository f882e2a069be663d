"""CreatePipeline and UpdatePipeline refuse a definition that could not run.

Sources of the messages: https://github.com/aws/sagemaker-python-sdk/issues/2345 (array), /issues/3908 (object),
/pull/3472 (unknown member). Those about references and values are assumed.
"""

import json
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import ROLE
from tests.localcloud.test_pipelines import GATES, TOKEN, condition, definition, job_step

VERSION = "2020-12-01"


def changed(path: str, value: Any) -> str:
    """A definition of one step, one member of whose arguments is another value; None takes the member away."""
    step = deepcopy(job_step("A"))
    *parents, last = path.split(".")
    place: Any = step["Arguments"]
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return definition(step)


def raw(**members: Any) -> str:
    return json.dumps({"Version": VERSION, "Steps": [], **members})


def reading(path: Any) -> str:
    return definition(job_step("First", PropertyFiles=GATES), job_step("A", "--text", path))


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": path}, "Path": "text"}}


CLUSTER = "ProcessingResources.ClusterConfig"
OUTPUT = {"Get": "Steps.First.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri"}
REFUSED = {
    "not JSON": ("{", "Expecting start of Json Object"),
    "a list": ("[]", "Expecting start of Json Object"),
    "blank": (" ", "Expecting start of Json Object"),
    "other version": (raw(Version="1"), "Version must be 2020-12-01"),
    "steps are an object": (raw(Steps={}), "Expecting start of Json Array"),
    "no steps": (json.dumps({"Version": VERSION}), "Expecting start of Json Array"),
    "a step is a text": (raw(Steps=["A"]), "Expecting start of Json Object"),
    "a step without a name": (raw(Steps=[{"Type": "Fail", "Arguments": {}}]), "the name of a step"),
    "a step without arguments": (raw(Steps=[{"Name": "A", "Type": "Fail"}]), "Expecting start of Json Object"),
    "a name with a space": (raw(Steps=[{"Name": "A B", "Type": "Fail", "Arguments": {}}]), "Step name 'A B'"),
    "parameters are an object": (raw(Parameters={}), "Expecting start of Json Array"),
    "unknown type of a parameter": (raw(Parameters=[{"Name": "P", "Type": "Number"}]), "unknown type Number"),
    "default of another type": (
        raw(Parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": "1"}]),
        "not of type Integer",
    ),
    "default not among the values": (
        raw(Parameters=[{"Name": "P", "Type": "String", "DefaultValue": "a", "EnumValues": ["b"]}]),
        "not among its enum values",
    ),
    "unknown condition": (
        raw(Steps=[{"Name": "C", "Type": "Condition", "Arguments": {"Conditions": [{"Type": "Like"}]}}]),
        "Unknown condition type 'Like'",
    ),
    "condition without a side": (
        raw(Steps=[{"Name": "C", "Type": "Condition", "Arguments": {"Conditions": [{"Type": "Equals"}]}}]),
        "needs the member 'LeftValue'",
    ),
    "repeated name": (definition(job_step("A"), job_step("A")), "used more than once"),
    "undefined step": (definition(job_step("A", DependsOn=["B"])), "undefined step B"),
    "undefined parameter": (definition(job_step("A", "--text", {"Get": "Parameters.X"})), "undefined parameter X"),
    "cycle": (definition(job_step("A", DependsOn=["B"]), job_step("B", DependsOn=["A"])), "form a cycle"),
    "joined condition": (
        definition(condition("C", 1, 1, then=[], otherwise=[]), job_step("A", DependsOn=["C"])),
        "cannot wait for a condition",
    ),
    "unknown argument": (changed("Memory", 1), "Unknown Argument member 'Memory'"),
    "unknown argument inside": (changed("AppSpecification.Image", "x"), "Unknown Argument member 'Image'"),
    "missing argument": (changed("AppSpecification", None), "'appSpecification'.*Member must not be null"),
    "missing argument inside": (changed("AppSpecification.ImageUri", None), "Member must not be null"),
    "text for a number": (changed(f"{CLUSTER}.InstanceCount", "one"), "Expected a integer"),
    "out of range": (changed(f"{CLUSTER}.InstanceCount", 0), "value greater than or equal to 1"),
    "no instance type": (changed(f"{CLUSTER}.InstanceType", "ml.huge"), "enum value set"),
    "no role": (changed("RoleArn", "role"), "regular expression pattern"),
    "text for a list": (changed("ProcessingInputs", "x"), "Expecting start of Json Array"),
    "text for an object": (changed("AppSpecification", "x"), "Expecting start of Json Object"),
    "unknown property": (reading({"Get": "Steps.First.ProcessingOutput"}), "unknown property 'ProcessingOutput'"),
    "unknown variable": (reading({"Get": "Execution.Owner"}), "invalid reference 'Execution.Owner'"),
    "unknown root": (reading({"Get": "Pipeline.Name"}), "invalid reference 'Pipeline.Name'"),
    "unknown property file": (reading(json_get("Steps.First.PropertyFiles.Other")), "undefined property file Other"),
    "a property file of no step": (reading(json_get("Files.Result")), "invalid"),
    "callback": (definition({"Name": "A", "Type": "Callback", "Arguments": {}}), "does not implement pipeline steps"),
    "caching": (definition(job_step("A", CacheConfig={"Enabled": True})), "does not implement step caching"),
    "unknown argument of Fail": (
        raw(Steps=[{"Name": "A", "Type": "Fail", "Arguments": {"Message": "x"}}]),
        "Unknown Argument member 'Message'",
    ),
    "a name for a version": (
        raw(Steps=[{"Name": "A", "Type": "RegisterModel", "Arguments": {"ModelPackageName": "x"}}]),
        "Unknown Argument member 'ModelPackageName'",
    ),
}


@pytest.fixture(scope="module")
def pipeline(sagemaker: Any) -> str:
    """A pipeline to update."""
    sagemaker.create_pipeline(PipelineName="sound", PipelineDefinition=raw(), RoleArn=ROLE, ClientRequestToken=TOKEN)
    return "sound"


@pytest.mark.parametrize("kind", REFUSED)
def test_a_broken_definition_is_refused(sagemaker: Any, pipeline: str, kind: str) -> None:
    text, message = REFUSED[kind]
    create = {"PipelineName": "broken", "RoleArn": ROLE, "ClientRequestToken": TOKEN}
    with pytest.raises(ClientError, match=message) as raised:
        sagemaker.create_pipeline(PipelineDefinition=text, **create)
    assert raised.value.response["Error"]["Code"] in ("ValidationException", "NotInLocalcloud")
    with pytest.raises(ClientError, match=message):
        sagemaker.update_pipeline(PipelineName=pipeline, PipelineDefinition=text)


@pytest.mark.parametrize(
    "value",
    [
        OUTPUT,
        {"Get": "Steps.First.ProcessingOutputConfig.Outputs.result.S3Output.S3Uri"},
        {"Get": "Steps.First.ProcessingJobArn"},
        {"Get": "Execution.StartDateTime"},
        json_get("Steps.First.PropertyFiles.Result"),
    ],
)
def test_references_that_lead_somewhere_are_taken(sagemaker: Any, pipeline: str, value: Any) -> None:
    sagemaker.update_pipeline(PipelineName=pipeline, PipelineDefinition=reading(value))


def test_nulls_and_functions_are_taken_for_any_member(sagemaker: Any, pipeline: str) -> None:
    step = job_step("A")
    step["Arguments"] |= {"NetworkConfig": None, "Unknown": None, "RoleArn": {"Get": "Execution.PipelineArn"}}
    sagemaker.update_pipeline(PipelineName=pipeline, PipelineDefinition=definition(step))
