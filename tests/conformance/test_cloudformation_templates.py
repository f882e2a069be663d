"""What we believe CloudFormation refuses in a template before it makes anything. Change sets only, never executed."""

from typing import Any

import pytest

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.change_sets import QUEUE, ChangeSets, queue, resources
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Target

GITHUB = "https://github.com"
VALIDATION = "https://repost.aws/knowledge-center/cloudformation-template-validation"
CAPABILITIES = "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"
UNRESOLVED = "Template format error: Unresolved resource dependencies [Missing] in the {} block of the template"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def change_sets(aws: Target) -> ChangeSets:
    return ChangeSets(aws)


@belief(VALIDATION)
def test_a_reference_to_no_resource(change_sets: ChangeSets, observe: Observe) -> None:
    """A Ref, a Fn::Sub and a DependsOn that name no resource are refused."""
    for what, resource in (
        ("Ref", queue(QueueName={"Ref": "Missing"})),
        ("nested Ref", queue(Tags=[{"Key": "a", "Value": {"Ref": "Missing"}}])),
        ("Fn::Sub", queue(QueueName={"Fn::Sub": "a-${Missing}"})),
        ("attribute in Fn::Sub", queue(QueueName={"Fn::Sub": "a-${Missing.Arn}"})),
        ("DependsOn", {**QUEUE, "DependsOn": "Missing"}),
    ):
        change_sets.check(observe, resources(It=resource), UNRESOLVED.format("Resources"), what)


@belief(ASSUMED)
def test_an_attribute_of_no_resource(change_sets: ChangeSets, observe: Observe) -> None:
    """Fn::GetAtt of a resource that does not exist is refused."""
    template = resources(It=queue(QueueName={"Fn::GetAtt": ["Missing", "QueueName"]}))
    change_sets.check(observe, template, "Template error: instance of Fn::GetAtt references undefined resource Missing")


@belief(f"{GITHUB}/getmoto/moto/blob/master/moto/cloudformation/exceptions.py")
def test_an_attribute_that_does_not_exist(change_sets: ChangeSets, observe: Observe) -> None:
    """Fn::GetAtt of an attribute that the resource does not have is refused."""
    template = resources(It=QUEUE, Other=queue(QueueName={"Fn::GetAtt": ["It", "Colour"]}))
    message = "Template error: resource It does not support attribute type Colour in Fn::GetAtt"
    change_sets.check(observe, template, message)


@belief(VALIDATION)
def test_an_output_of_no_resource(change_sets: ChangeSets, observe: Observe) -> None:
    """An output that refers to no resource is refused."""
    template = {**resources(It=QUEUE), "Outputs": {"Text": {"Value": {"Ref": "Missing"}}}}
    change_sets.check(observe, template, UNRESOLVED.format("Outputs"))


@belief(f"{GITHUB}/aws-cloudformation/cfn-lint/issues/92")
def test_a_condition_that_does_not_exist(change_sets: ChangeSets, observe: Observe) -> None:
    """A resource and a Fn::If of a condition that does not exist are refused."""
    template = resources(It={**QUEUE, "Condition": "Missing"})
    change_sets.check(observe, template, "Template format error: Condition Missing is not defined.", "resource")
    template = resources(It=queue(QueueName={"Fn::If": ["Missing", "a", "b"]}))
    message = "Template error: unresolved condition dependency Missing in Fn::If"
    change_sets.check(observe, template, message, "Fn::If")


@belief(f"{GITHUB}/aws-cloudformation/cfn-lint/issues/99")
def test_a_resource_in_a_condition(change_sets: ChangeSets, observe: Observe) -> None:
    """A condition that refers to a resource is refused."""
    template = {**resources(It=QUEUE), "Conditions": {"C": {"Fn::Equals": [{"Ref": "It"}, "a"]}}}
    message = (
        "Template format error: Unresolved dependencies [It]. "
        "Cannot reference resources in the Conditions block of the template"
    )
    change_sets.check(observe, template, message)


@belief(f"{GITHUB}/aws/serverless-application-model/issues/832")
def test_a_resource_that_a_condition_leaves_out(change_sets: ChangeSets, observe: Observe) -> None:
    """A reference to a resource that a condition leaves out is refused."""
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        **resources(Missing={**QUEUE, "Condition": "Never"}, It=queue(QueueName={"Ref": "Missing"})),
    }
    change_sets.check(observe, template, UNRESOLVED.format("Resources"))


@belief(f"{GITHUB}/aws/serverless-application-model/issues/258")
def test_a_cycle(change_sets: ChangeSets, observe: Observe) -> None:
    """Resources that depend on each other are refused."""
    template = resources(A={**QUEUE, "DependsOn": "B"}, B={**QUEUE, "DependsOn": "A"})
    change_sets.check(observe, template, "Circular dependency between resources: [A, B]")


MALFORMED: dict[str, dict[str, Any]] = {
    "no resources": {},
    "resources in a list": {"Resources": []},
    "a resource that is a text": {"Resources": {"It": "text"}},
    "a resource without a type": {"Resources": {"It": {}}},
    "properties in a list": resources(It={**QUEUE, "Properties": []}),
    "DependsOn with a number": resources(It={**QUEUE, "DependsOn": 1}),
    "a null": resources(It=queue(QueueName=None)),
    "an output that is a text": {**resources(It=QUEUE), "Outputs": {"Text": "text"}},
    "a section that does not exist": {**resources(It=QUEUE), "Colour": "red"},
    "a version that does not exist": {**resources(It=QUEUE), "AWSTemplateFormatVersion": "2026-11-25"},
    "a parameter's type": {**resources(It=QUEUE), "Parameters": {"A": {"Type": "Text", "Default": "a"}}},
    "an attribute of a resource": resources(It={**QUEUE, "Colour": "red"}),
    "a deletion policy": resources(It={**QUEUE, "DeletionPolicy": "Keep"}),
    "an update policy": resources(It={**QUEUE, "UpdateReplacePolicy": "Keep"}),
    "a parameter that is a text": {**resources(It=QUEUE), "Parameters": {"A": "text"}},
    "an attribute of a parameter": {
        **resources(It=QUEUE),
        "Parameters": {"A": {"Type": "String", "Default": "a", "Colour": "red"}},
    },
    "a condition of a condition": {**resources(It=QUEUE), "Conditions": {"C": {"Condition": "Missing"}}},
    "Fn::Equals of a number": {**resources(It=QUEUE), "Conditions": {"C": {"Fn::Equals": 1}}},
    "Ref of a list": resources(It=queue(QueueName={"Ref": ["It"]})),
    "Fn::GetAtt of a number": resources(It=queue(QueueName={"Fn::GetAtt": 1})),
    "Fn::If of a text": resources(It=queue(QueueName={"Fn::If": "It"})),
    "Fn::Join of a text": resources(It=queue(QueueName={"Fn::Join": "a"})),
    "Fn::Sub of a list": resources(It=queue(QueueName={"Fn::Sub": ["a"]})),
}


@belief("https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html")
def test_a_malformed_template(change_sets: ChangeSets, observe: Observe) -> None:
    """A template of another form than the documented one is refused with a ValidationError."""
    for what, template in MALFORMED.items():
        observe(what, change_sets.refused(template).code, documented="ValidationError")


@belief(f"{GITHUB}/deep-security/cloudformation/issues/29")
def test_a_parameter_that_is_not_declared(change_sets: ChangeSets, observe: Observe) -> None:
    """A value for a parameter that the template does not declare is refused."""
    template = {"Parameters": {"A": {"Type": "String"}}, **resources(It=QUEUE)}
    message = "Parameters: [B] do not exist in the template"
    change_sets.check(observe, template, message, parameters={"A": "a", "B": "b"})


@belief(f"{GITHUB}/sat-utils/sat-api/issues/25")
def test_a_parameter_without_a_value(change_sets: ChangeSets, observe: Observe) -> None:
    """A parameter without a value and without a default is refused."""
    template = {"Parameters": {"A": {"Type": "String"}}, **resources(It=QUEUE)}
    change_sets.check(observe, template, "Parameters: [A] must have values")


@belief(f"{GITHUB}/ansible/ansible/issues/24866")
def test_a_template_without_parameters(change_sets: ChangeSets, observe: Observe) -> None:
    """A value for a template without parameters is refused."""
    message = "Parameter values specified for a template which does not require them."
    change_sets.check(observe, resources(It=QUEUE), message, parameters={"B": "b"})


@belief(ASSUMED)
def test_a_parameter_of_another_pattern(change_sets: ChangeSets, observe: Observe) -> None:
    """A value that does not match the parameter's pattern is refused."""
    template = {"Parameters": {"A": {"Type": "String", "AllowedPattern": "[a-z]+"}}, **resources(It=QUEUE)}
    change_sets.check(observe, template, "Parameter 'A' must match pattern [a-z]+", parameters={"A": "1"})


@belief(CAPABILITIES)
def test_a_role_needs_a_capability(change_sets: ChangeSets, observe: Observe) -> None:
    """A template with a role needs CAPABILITY_IAM, and with a named one CAPABILITY_NAMED_IAM."""
    for what, name, given, needed in (
        ("unnamed", {}, [], "CAPABILITY_IAM"),
        ("named", {"RoleName": "named"}, [], "CAPABILITY_NAMED_IAM"),
        ("too little", {"RoleName": "named"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ):
        properties = {"AssumeRolePolicyDocument": TRUST, **name}
        template = resources(It={"Type": "AWS::IAM::Role", "Properties": properties})
        found = change_sets.refused(template, Capabilities=given)
        observe(f"{what}: code", found.code, documented="InsufficientCapabilitiesException")
        observe(f"{what}: message", found.message, documented=f"Requires capabilities : [{needed}]")


@belief(ASSUMED)
def test_a_type_that_does_not_exist(change_sets: ChangeSets, observe: Observe) -> None:
    """A resource of a type that does not exist is refused."""
    found = change_sets.refused(resources(It={"Type": "AWS::SQS::Colour"}))
    observe("code", found.code, documented="ValidationError")
    observe("message", found.message, documented=Matching("Unrecognized resource types: "))


@belief("https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html")
def test_a_stack_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a stack that does not exist is a ValidationError."""
    found = aws.refusal("cloudformation", "describe_stacks", StackName=aws.name("no-stack"))
    observe("code", found.code, documented="ValidationError")
    observe("message", found.message, documented=f"Stack with id {aws.name('no-stack')} does not exist")
