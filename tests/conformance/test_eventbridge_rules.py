"""What we believe about EventBridge's rules and targets."""

import json
from typing import Any

import pytest

from tests.conformance.beliefs import belief
from tests.conformance.observations import Matching, Observe
from tests.conformance.schedule_expressions import BAD, BAD_RATES, GOOD
from tests.conformance.target import ACCEPTED, Refusal, Target

PATTERN = json.dumps({"source": ["mlops-conformance"]})
SCHEDULES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html"
PUT_RULE = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"


class Rules:
    """One rule, which is off, and its changes."""

    def __init__(self, aws: Target) -> None:
        self.aws, self.name = aws, aws.name("rule")
        self.events = aws.client("events")
        self.events.put_rule(Name=self.name, EventPattern=PATTERN, State="DISABLED", Tags=aws.tags)
        aws.undo(f"rule {self.name}", self._delete)

    def refused(self, **members: Any) -> Refusal:
        """Change the rule, or another one that the members name; returns how it is refused."""
        name = members.pop("Name", self.name)
        bus = {key: members[key] for key in ("EventBusName",) if key in members}
        given = {"State": "DISABLED", **members}
        remove = None if name == self.name else lambda: self.events.delete_rule(Name=name, **bus)
        return self.aws.refusal("events", "put_rule", if_accepted=remove, Name=name, **given)

    def targets(self, *identities: str) -> list[dict[str, str]]:
        """Targets of one queue, which need not exist."""
        arn = f"arn:aws:sqs:{self.aws.region}:{self.aws.account()}:{self.aws.name('queue')}"
        return [{"Id": identity, "Arn": arn} for identity in identities]

    def _delete(self) -> None:
        found = self.events.list_targets_by_rule(Rule=self.name)["Targets"]
        if found:
            self.events.remove_targets(Rule=self.name, Ids=[target["Id"] for target in found])
        self.events.delete_rule(Name=self.name)


@pytest.fixture(scope="module")
def rules(aws: Target) -> Rules:
    return Rules(aws)


@belief(SCHEDULES, creates="an EventBridge rule that is off, and an event bus")
def test_expressions_that_are_taken(rules: Rules, observe: Observe) -> None:
    """A rule takes a cron of six fields and a rate of minutes, hours or days."""
    for expression in GOOD:
        observe(expression, rules.refused(ScheduleExpression=expression).code, documented=ACCEPTED)


@belief(SCHEDULES)
def test_expressions_that_are_refused(rules: Rules, observe: Observe) -> None:
    """A rule refuses any other expression, and a rate whose unit has the wrong number."""
    for expression in (*BAD, *BAD_RATES):
        found = rules.refused(ScheduleExpression=expression)
        observe(f"{expression}: code", found.code, documented="ValidationException")
        observe(f"{expression}: message", found.message, documented="Parameter ScheduleExpression is not valid.")


@belief(PUT_RULE)
def test_a_rule_needs_a_pattern_or_a_schedule(aws: Target, rules: Rules, observe: Observe) -> None:
    """A rule has a pattern or a schedule."""
    found = rules.refused(Name=aws.name("empty"))
    observe("code", found.code, documented="ValidationException")
    message = Matching("EventPattern or ScheduleExpression must be specified")
    observe("message", found.message, documented=message)


@belief("botocore: events.RuleName, RuleState")
def test_values_of_a_rule(rules: Rules, observe: Observe) -> None:
    """A rule has a name without spaces and a state of the API."""
    name = rules.refused(Name="a b", EventPattern=PATTERN)
    observe("name: code", name.code, documented="ValidationException")
    observe("name: message", name.message, documented=Matching("Member must satisfy regular expression pattern"))
    state = rules.refused(EventPattern=PATTERN, State="ON")
    observe("state: code", state.code, documented="ValidationException")
    observe("state: message", state.message, documented=Matching("Member must satisfy enum value set"))


@belief(SCHEDULES)
def test_a_schedule_is_on_the_default_bus(aws: Target, rules: Rules, observe: Observe) -> None:
    """A rule of another event bus has no schedule."""
    bus = aws.name("bus")
    rules.events.create_event_bus(Name=bus, Tags=aws.tags)
    aws.undo(f"bus {bus}", lambda: rules.events.delete_event_bus(Name=bus))
    found = rules.refused(Name=aws.name("elsewhere"), EventBusName=bus, ScheduleExpression="rate(1 hour)")
    observe("code", found.code, documented="ValidationException")
    message = "ScheduleExpression is supported only on the default event bus."
    observe("message", found.message, documented=message)


@belief("botocore: events.InvalidEventPatternException")
def test_a_pattern(rules: Rules, observe: Observe) -> None:
    """A pattern has lists of values."""
    found = rules.refused(EventPattern=json.dumps({"source": "not-a-list"}))
    observe("code", found.code, documented="InvalidEventPatternException")
    observe("message", found.message, documented=Matching(r"^Event pattern is not valid\. Reason: "))


@belief("https://github.com/aws-cloudformation/cfn-lint/issues/306")
def test_five_targets(rules: Rules, observe: Observe) -> None:
    """A rule has at most five targets; putting one again is no more."""
    five = rules.targets(*(f"t{number}" for number in range(5)))
    rules.events.put_targets(Rule=rules.name, Targets=five)
    again = rules.events.put_targets(Rule=rules.name, Targets=five)
    observe("again", again["FailedEntryCount"], documented=0)
    found = rules.aws.refusal("events", "put_targets", Rule=rules.name, Targets=rules.targets("sixth"))
    observe("code", found.code, documented="LimitExceededException")
    message = "The requested resource exceeds the maximum number allowed."
    observe("message", found.message, documented=message)


@belief("botocore: events.TargetId")
def test_the_id_of_a_target(rules: Rules, observe: Observe) -> None:
    """The id of a target has no spaces."""
    found = rules.aws.refusal("events", "put_targets", Rule=rules.name, Targets=rules.targets("one more"))
    observe("code", found.code, documented="ValidationException")


@belief("https://github.com/getmoto/moto/pull/5056")
def test_a_rule_with_targets_stays(rules: Rules, observe: Observe) -> None:
    """A rule that has targets is not deleted."""
    rules.events.put_targets(Rule=rules.name, Targets=rules.targets("t0"))
    found = rules.aws.refusal("events", "delete_rule", Name=rules.name)
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented="Rule can't be deleted since it has targets.")


@belief("botocore: events.DescribeRule (ResourceNotFoundException)")
def test_a_rule_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a rule that does not exist is refused with ResourceNotFoundException."""
    found = aws.refusal("events", "describe_rule", Name=aws.name("no-rule"))
    observe("code", found.code, documented="ResourceNotFoundException")
