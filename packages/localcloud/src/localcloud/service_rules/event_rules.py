"""Validation of EventBridge rules and targets."""

from collections.abc import Mapping
from typing import Any

from localcloud.errors import AwsError
from localcloud.service_rules.schedule_expressions import check_rule_expression

MOST_TARGETS = 5
DEFAULT_BUS = "default"
INPUTS = ("Input", "InputPath", "InputTransformer")


def check_rule(members: Mapping[str, Any]) -> None:
    """Raise PutRule's error for an invalid rule. The syntax of the event pattern is checked elsewhere.

    Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html ("A rule must contain at least
    an EventPattern or ScheduleExpression"; schedules need the default bus). The messages are assumptions.
    """
    expression = members.get("ScheduleExpression")
    if not expression and not members.get("EventPattern"):
        message = "Parameter(s) EventPattern or ScheduleExpression must be specified."
        raise AwsError("ValidationException", message)
    bus = str(members.get("EventBusName") or DEFAULT_BUS).rsplit("/", 1)[-1]
    if expression:
        check_rule_expression(expression)
        if bus != DEFAULT_BUS:
            raise AwsError("ValidationException", "ScheduleExpression is supported only on the default event bus.")


def check_targets(given: list[dict[str, Any]], present: list[dict[str, Any]]) -> None:
    """Raise PutTargets' error for targets that cannot be added to a rule.

    Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html (five targets),
    https://github.com/aws-cloudformation/cfn-lint/issues/306 (the error for a sixth). The other message is an
    assumption.

    Args:
        given: the new targets.
        present: the targets of the rule.
    """
    for target in given:
        if sum(target.get(name) is not None for name in INPUTS) > 1:
            allowed = "Only one of Input, InputPath, or InputTransformer must be provided"
            raise AwsError("ValidationException", f"{allowed} for target {target.get('Id')}.")
    if len({target.get("Id") for target in (*given, *present)}) > MOST_TARGETS:
        raise AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def check_deletion(targets: list[dict[str, Any]]) -> None:
    """Raise DeleteRule's error for a rule that has targets.

    Source: https://github.com/getmoto/moto/pull/5056, tested with an AWS account.
    """
    if targets:
        raise AwsError("ValidationException", "Rule can't be deleted since it has targets.")
