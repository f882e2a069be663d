"""What we believe about the definitions that CreatePipeline and UpdatePipeline take. No pipeline is run."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Target

SDK = "https://github.com/aws/sagemaker-python-sdk"
VERSION = "2020-12-01"
OUTPUT = "Steps.First.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri"
FILES = [{"PropertyFileName": "Result", "OutputName": "result", "FilePath": "result.json"}]


class Definitions:
    """Definitions of pipelines whose steps are processing jobs."""

    def __init__(self, aws: Target, given: Fixtures) -> None:
        self.aws, self.name, self._given = aws, given.pipeline(), given

    def step(self, name: str, text: Any = "text", **members: Any) -> dict[str, Any]:
        """A processing step with one argument."""
        output = {"S3Uri": f"s3://{self._given.bucket()}/o", "LocalPath": "/opt/ml/processing/o"}
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        arguments = {
            "RoleArn": self._given.role(),
            "AppSpecification": {"ImageUri": self._given.image(), "ContainerArguments": ["--text", text]},
            "ProcessingResources": {"ClusterConfig": cluster},
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "result", "S3Output": {**output, "S3UploadMode": "EndOfJob"}}]
            },
        }
        return {"Name": name, "Type": "Processing", "Arguments": arguments, **members}

    def changed(self, path: str, value: Any) -> str:
        """A definition of one step, one member of whose arguments is another value; None takes the member away."""
        step = deepcopy(self.step("A"))
        *parents, last = path.split(".")
        place: Any = step["Arguments"]
        for name in parents:
            place = place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return definition(step)

    def reading(self, value: Any) -> str:
        """A definition whose second step reads something of the first."""
        return definition(self.step("First", PropertyFiles=FILES), self.step("A", value))

    def check(self, observe: Observe, what: str, text: str, message: str) -> None:
        """Hold the refusal of a definition to its message."""
        found = self.aws.refusal("sagemaker", "update_pipeline", PipelineName=self.name, PipelineDefinition=text)
        observe(f"{what}: code", found.code, documented="ValidationException")
        observe(f"{what}: message", found.message, documented=Matching(message))

    def take(self, text: str) -> str:
        """Give the pipeline a definition; returns what it has then."""
        sagemaker = self.aws.client("sagemaker")
        sagemaker.update_pipeline(PipelineName=self.name, PipelineDefinition=text)
        return str(sagemaker.describe_pipeline(PipelineName=self.name)["PipelineDefinition"])


def definition(*steps: Any, **members: Any) -> str:
    return json.dumps({"Version": VERSION, "Steps": list(steps), **members})


def condition(**check: Any) -> dict[str, Any]:
    arguments = {"Conditions": [check], "IfSteps": [], "ElseSteps": []}
    return {"Name": "C", "Type": "Condition", "Arguments": arguments}


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": path}, "Path": "text"}}


@pytest.fixture(scope="module")
def definitions(aws: Target, given: Fixtures) -> Definitions:
    return Definitions(aws, given)


@belief(f"{SDK}/issues/3908")
def test_a_definition_is_an_object(definitions: Definitions, observe: Observe) -> None:
    """A definition is a JSON object."""
    for what, text in (("not JSON", "{"), ("list", "[]"), ("blank", " ")):
        definitions.check(observe, what, text, "Expecting start of Json Object")


@belief(f"{SDK}/issues/2345")
def test_steps_are_a_list(definitions: Definitions, observe: Observe) -> None:
    """The steps of a definition are a list."""
    definitions.check(observe, "object", definition(Steps={}), "Expecting start of Json Array")
    definitions.check(observe, "none", json.dumps({"Version": VERSION}), "Expecting start of Json Array")


@belief(f"{SDK}/issues/3908")
def test_a_step_is_an_object(definitions: Definitions, observe: Observe) -> None:
    """A step is an object with arguments."""
    definitions.check(observe, "text", definition("A"), "Expecting start of Json Object")
    definitions.check(observe, "no arguments", definition({"Name": "A", "Type": "Fail"}), "start of Json Object")


@belief("https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/")
def test_the_version(definitions: Definitions, observe: Observe) -> None:
    """A definition has the version 2020-12-01."""
    definitions.check(observe, "other", definition(Version="1"), "Version must be 2020-12-01")


@belief("https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/")
def test_the_name_of_a_step(definitions: Definitions, observe: Observe) -> None:
    """A step has a name without spaces."""
    definitions.check(observe, "none", definition({"Type": "Fail", "Arguments": {}}), "name of a step")
    step = {"Name": "A B", "Type": "Fail", "Arguments": {}}
    definitions.check(observe, "space", definition(step), "Step name 'A B'")


@belief(ASSUMED)
def test_parameters(definitions: Definitions, observe: Observe) -> None:
    """Parameters are a list, have one of four types, and a default of that type and among the values."""
    definitions.check(observe, "object", definition(Parameters={}), "Expecting start of Json Array")
    for what, parameter, message in (
        ("type", {"Type": "Number"}, "unknown type Number"),
        ("default", {"Type": "Integer", "DefaultValue": "1"}, "not of type Integer"),
        ("value", {"Type": "String", "DefaultValue": "a", "EnumValues": ["b"]}, "not among its enum values"),
    ):
        text = definition(Parameters=[{"Name": "P", **parameter}])
        definitions.check(observe, what, text, message)


@belief(ASSUMED)
def test_conditions(definitions: Definitions, observe: Observe) -> None:
    """A condition has a known type and both sides."""
    definitions.check(observe, "type", definition(condition(Type="Like")), "Unknown condition type 'Like'")
    definitions.check(observe, "sides", definition(condition(Type="Equals")), "needs the member 'LeftValue'")


@belief(ASSUMED)
def test_names_are_used_once(definitions: Definitions, observe: Observe) -> None:
    """A step's name is used once."""
    text = definition(definitions.step("A"), definitions.step("A"))
    definitions.check(observe, "twice", text, "used more than once")


@belief(ASSUMED)
def test_a_step_that_does_not_exist(definitions: Definitions, observe: Observe) -> None:
    """A step that waits for one that does not exist is refused."""
    definitions.check(observe, "step", definition(definitions.step("A", DependsOn=["B"])), "undefined step B")


@belief(ASSUMED)
def test_a_parameter_that_does_not_exist(definitions: Definitions, observe: Observe) -> None:
    """A step that reads a parameter that does not exist is refused."""
    text = definition(definitions.step("A", {"Get": "Parameters.X"}))
    definitions.check(observe, "parameter", text, "undefined parameter X")


@belief(ASSUMED)
def test_a_cycle(definitions: Definitions, observe: Observe) -> None:
    """Steps that wait for each other are refused."""
    text = definition(definitions.step("A", DependsOn=["B"]), definitions.step("B", DependsOn=["A"]))
    definitions.check(observe, "cycle", text, "form a cycle")


@belief(ASSUMED)
def test_a_step_after_a_condition(definitions: Definitions, observe: Observe) -> None:
    """No step waits for a condition."""
    check = condition(Type="Equals", LeftValue=1, RightValue=1)
    text = definition(check, definitions.step("A", DependsOn=["C"]))
    definitions.check(observe, "condition", text, "cannot wait for a condition")


@belief(f"{SDK}/pull/3472")
def test_an_argument_that_the_api_does_not_have(definitions: Definitions, observe: Observe) -> None:
    """Arguments of a step have members of the API only."""
    definitions.check(observe, "member", definitions.changed("Memory", 1), "Unknown Argument member 'Memory'")
    nested = definitions.changed("AppSpecification.Image", "x")
    definitions.check(observe, "inside", nested, "Unknown Argument member 'Image'")
    fail = {"Name": "A", "Type": "Fail", "Arguments": {"Message": "x"}}
    definitions.check(observe, "of Fail", definition(fail), "Unknown Argument member 'Message'")


@belief(f"{SDK}/pull/3472")
def test_a_version_has_no_name_of_its_own(definitions: Definitions, observe: Observe) -> None:
    """The arguments of RegisterModel have no ModelPackageName."""
    step = {"Name": "A", "Type": "RegisterModel", "Arguments": {"ModelPackageName": "x"}}
    definitions.check(observe, "name", definition(step), "Unknown Argument member 'ModelPackageName'")


@belief(ASSUMED)
def test_an_argument_that_is_missing(definitions: Definitions, observe: Observe) -> None:
    """Arguments of a step have the members that the API requires."""
    for path in ("AppSpecification", "AppSpecification.ImageUri"):
        definitions.check(observe, path, definitions.changed(path, None), "Member must not be null")


@belief(ASSUMED)
def test_an_argument_of_another_type(definitions: Definitions, observe: Observe) -> None:
    """Arguments of a step have the types of the API."""
    number = definitions.changed("ProcessingResources.ClusterConfig.InstanceCount", "one")
    definitions.check(observe, "number", number, "Expected a integer")
    listed = definitions.changed("ProcessingInputs", "x")
    definitions.check(observe, "list", listed, "Expecting start of Json Array")
    definitions.check(observe, "object", definitions.changed("AppSpecification", "x"), "Expecting start of Json Object")


@belief(ASSUMED)
def test_an_argument_outside_its_limits(definitions: Definitions, observe: Observe) -> None:
    """Arguments of a step are within the limits of the API."""
    cluster = "ProcessingResources.ClusterConfig"
    few = definitions.changed(f"{cluster}.InstanceCount", 0)
    definitions.check(observe, "range", few, "value greater than or equal to 1")
    huge = definitions.changed(f"{cluster}.InstanceType", "ml.huge")
    definitions.check(observe, "enumeration", huge, "enum value set")
    definitions.check(observe, "pattern", definitions.changed("RoleArn", "role"), "regular expression pattern")


@belief(ASSUMED)
def test_references_that_lead_nowhere(definitions: Definitions, observe: Observe) -> None:
    """A reference names a property of a step, a variable of the execution, or a property file that exists."""
    for path, message in (
        ("Steps.First.ProcessingOutput", "unknown property 'ProcessingOutput'"),
        ("Execution.Owner", "invalid reference 'Execution.Owner'"),
        ("Pipeline.Name", "invalid reference 'Pipeline.Name'"),
    ):
        definitions.check(observe, path, definitions.reading({"Get": path}), message)
    other = json_get("Steps.First.PropertyFiles.Other")
    definitions.check(observe, "file", definitions.reading(other), "undefined property file Other")
    definitions.check(observe, "no step", definitions.reading(json_get("Files.Result")), "invalid")


@belief("https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html")
def test_references_that_lead_somewhere(definitions: Definitions, observe: Observe) -> None:
    """A step reads outputs and names of another step, and variables of the execution."""
    for path in (OUTPUT, "Steps.First.ProcessingJobArn", "Execution.StartDateTime"):
        text = definitions.reading({"Get": path})
        observe(path, definitions.take(text) == text, documented=True)


@belief(ASSUMED)
def test_a_property_file_in_arguments(definitions: Definitions, observe: Observe) -> None:
    """A step reads a property file of another step in its arguments; AWS documents it for conditions."""
    text = definitions.reading(json_get("Steps.First.PropertyFiles.Result"))
    observe("taken", definitions.take(text) == text, documented=True)


@belief(ASSUMED)
def test_a_property_file_in_the_message_of_a_failure(definitions: Definitions, observe: Observe) -> None:
    """The message of a Fail step reads a property file; AWS documents it for conditions."""
    message = {"Std:Join": {"On": " ", "Values": ["found", json_get("Steps.First.PropertyFiles.Result")]}}
    fail = {"Name": "F", "Type": "Fail", "Arguments": {"ErrorMessage": message}, "DependsOn": ["First"]}
    text = definition(definitions.step("First", PropertyFiles=FILES), fail)
    observe("taken", definitions.take(text) == text, documented=True)


@belief(ASSUMED)
def test_nulls_and_functions(definitions: Definitions, observe: Observe) -> None:
    """A null stands for a member that is not given, and a function for a value of any pattern."""
    step = definitions.step("A")
    step["Arguments"] |= {"NetworkConfig": None, "RoleArn": {"Get": "Execution.PipelineArn"}}
    text = definition(step)
    observe("taken", definitions.take(text) == text, documented=True)
