"""Every event reaches its function, and what cannot be delivered its dead-letter queue: both sides allow it.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html (Lambda and SQS targets),
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html (execution role, dead letters) and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (dead letters of a function).
"""

import json
from collections.abc import Iterator

import pytest
from sagemaker_mlops.events.notify.dispatch import dispatch_of
from sagemaker_mlops.template_checks.policy_evaluation import Call
from sagemaker_mlops.template_checks.template_policies import Stack, policies_of, without

from tests.stacks.conftest import Synthesize, Templates
from tests.stacks.settings import PLACES, settings

EVENTS = "events.amazonaws.com"
VARIATIONS = {"model-monitor": settings(), "scheduled-pipeline": settings(monitoring_runtime="scheduled_pipeline")}


def stacks(templates: Templates) -> Iterator[Stack]:
    return (Stack(templates, *key, PLACES) for key in templates)


def delivery_calls(templates: Templates) -> list[Call]:
    """Return the calls that deliver events, schedules and dead letters, from the templates themselves."""
    found: list[Call] = []
    for stack in stacks(templates):
        for logical_id, entry in stack.resources.items():
            given = stack.resolve(entry.get("Properties", {}))
            if entry["Type"] == "AWS::Events::Rule":
                found += _of_rule(stack.arn(logical_id), given["Targets"])
            elif entry["Type"] == "AWS::Scheduler::Schedule":
                found += _of_schedule(given["Target"])
            elif entry["Type"] == "AWS::Lambda::Function":
                queue = given["DeadLetterConfig"]["TargetArn"]
                found.append(Call(given["Role"], "sqs:SendMessage", queue, "an event that failed for good"))
    return found


def _of_rule(rule: str, targets: list[dict[str, dict[str, str]]]) -> Iterator[Call]:
    context = {"aws:SourceArn": rule}
    for target in targets:
        yield Call(EVENTS, "lambda:InvokeFunction", str(target["Arn"]), "an event", context)
        yield Call(EVENTS, "sqs:SendMessage", target["DeadLetterConfig"]["Arn"], "it cannot be delivered", context)


def _of_schedule(target: dict[str, str | dict[str, str]]) -> Iterator[Call]:
    role, arn, letters = str(target["RoleArn"]), str(target["Arn"]), target.get("DeadLetterConfig")
    starts = "lambda:InvokeFunction" if ":lambda:" in arn else "sagemaker:StartPipelineExecution"
    yield Call(role, starts, arn, "a schedule")
    if isinstance(letters, dict):
        yield Call(role, "sqs:SendMessage", letters["Arn"], "it cannot be delivered")


@pytest.mark.parametrize("variation", VARIATIONS)
def test_everything_can_be_delivered(synthesize: Synthesize, variation: str) -> None:
    templates = synthesize(VARIATIONS[variation])
    policies, calls = policies_of(templates, PLACES), delivery_calls(templates)
    assert len(calls) > 10
    assert [str(call) for call in calls if not policies.allow(call)] == []


def test_a_permission_that_is_missing_is_caught(templates: Templates) -> None:
    policies, calls = policies_of(templates, PLACES), delivery_calls(templates)
    for call in calls:
        holder = call.principal if call.principal.startswith("arn:") else call.resource
        assert not without(policies, holder, call.action).allow(call), str(call)


def test_another_rule_may_not_use_a_function(templates: Templates) -> None:
    policies = policies_of(templates, PLACES)
    call = next(one for one in delivery_calls(templates) if one.action == "lambda:InvokeFunction" and one.context)
    other = Call(EVENTS, call.action, call.resource, "a rule of somebody else", {"aws:SourceArn": "arn:aws:events:x"})
    assert policies.allow(call)
    assert not policies.allow(other)


def test_the_hourly_schedule_starts_reconcile(synthesize: Synthesize) -> None:
    """What Scheduler hands to notify starts the workflow reconcile."""
    workflows = []
    for stack in stacks(synthesize(settings())):
        for entry in stack.resources.values():
            if entry["Type"] == "AWS::Scheduler::Schedule":
                given = stack.resolve(entry["Properties"])["Target"]
                event = json.loads(given.get("Input", "{}"))
                if ":function:" in given["Arn"] and "notify" in given["Arn"]:
                    dispatch = dispatch_of(event, "production")
                    workflows.append(dispatch and dispatch.workflow)
    assert workflows == ["reconcile.yml"]
