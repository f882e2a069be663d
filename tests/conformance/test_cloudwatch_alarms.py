"""What we believe about CloudWatch's alarms and data points."""

import time
from typing import Any

from tests.conformance.beliefs import belief
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import ACCEPTED, Refusal, Target

PUT_DATA = "botocore: cloudwatch.PutMetricData"
PUT_ALARM = "botocore: cloudwatch.PutMetricAlarm"
PERIOD = "Period must be 10, 20, 30 or a multiple of 60"
DAY = 86_400
METRICS = {"creates": "a metric of one data point, in three copies", "usd": 0.01}


def alarm(aws: Target, **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": aws.name("alarm"),
        "Namespace": aws.name("values"),
        "MetricName": "Value",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Tags": aws.tags,
        **changes,
    }


def check(aws: Target, observe: Observe, what: str, message: str, **changes: Any) -> None:
    """Hold the refusal of an alarm to its documented message."""
    members = alarm(aws, **changes)
    delete = aws.client("cloudwatch").delete_alarms
    names = [members["AlarmName"]]
    found = aws.refusal("cloudwatch", "put_metric_alarm", if_accepted=lambda: delete(AlarmNames=names), **members)
    observe(f"{what}: code", found.code, documented="ValidationError")
    observe(f"{what}: message", found.message, documented=Matching(message))


def refused_data(aws: Target, *data: dict[str, Any]) -> Refusal:
    """Put data points; returns how they are refused."""
    whole = [{"MetricName": "Value", "Value": 1.0, **datum} for datum in data]
    return aws.refusal("cloudwatch", "put_metric_data", Namespace=aws.name("values"), MetricData=whole)


@belief("https://github.com/awsdocs/aws-cloudformation-user-guide/issues/777")
def test_periods_that_are_refused(aws: Target, observe: Observe) -> None:
    """The period of an alarm is 10, 20, 30 or a multiple of 60 seconds."""
    for period in (45, 5, 90):
        check(aws, observe, str(period), PERIOD, Period=period)


@belief(PUT_ALARM, creates="an alarm without actions", usd=0.01)
def test_periods_that_are_taken(aws: Target, observe: Observe) -> None:
    """An alarm may have a period of ten seconds, of two minutes and of a day."""
    names = [aws.name("alarm")]
    aws.undo("alarm", lambda: aws.client("cloudwatch").delete_alarms(AlarmNames=names))
    for period in (10, 20, 30, 60, 120, DAY):
        found = aws.refusal("cloudwatch", "put_metric_alarm", **alarm(aws, Period=period))
        observe(str(period), found.code, documented=ACCEPTED)


@belief("https://github.com/hashicorp/terraform/issues/24070")
def test_data_points_to_alarm(aws: Target, observe: Observe) -> None:
    """An alarm needs no more data points than it has periods."""
    message = "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    check(aws, observe, "two of one", message, DatapointsToAlarm=2)


@belief(f"{PUT_ALARM} EvaluationPeriods (a day, or a week with periods of an hour)")
def test_the_longest_evaluation(aws: Target, observe: Observe) -> None:
    """An alarm looks at a day at most, and with periods of an hour at a week; the words are assumed."""
    check(aws, observe, "a day", "more than a day", Period=60, EvaluationPeriods=1441)
    check(aws, observe, "a week", "more than a week", Period=3600, EvaluationPeriods=169)


@belief("botocore: cloudwatch.ComparisonOperator, TreatMissingData")
def test_values_of_an_alarm(aws: Target, observe: Observe) -> None:
    """An alarm has an operator of the API and a treatment of at most 255 characters."""
    check(aws, observe, "operator", "Member must satisfy enum value set", ComparisonOperator="Above")
    check(aws, observe, "treatment", "length less than or equal to 255", TreatMissingData="t" * 256)


@belief("https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html")
def test_the_rule_of_a_composite_alarm(aws: Target, observe: Observe) -> None:
    """The rule of a composite alarm is an expression of alarms that exist."""
    for rule in ("ALARM(missing)", "ALARM(", "MAYBE"):
        name = aws.name("composite")
        delete = aws.client("cloudwatch").delete_alarms
        found = aws.refusal(
            "cloudwatch",
            "put_composite_alarm",
            if_accepted=lambda: delete(AlarmNames=[name]),  # noqa: B023
            AlarmName=name,
            AlarmRule=rule,
        )
        observe(rule, found.code, documented="ValidationError")


@belief("https://github.com/cloud-custodian/cloud-custodian/issues/2559")
def test_a_data_point_of_the_past(aws: Target, observe: Observe) -> None:
    """A data point is at most two weeks old."""
    found = refused_data(aws, {"Timestamp": time.time() - 15 * DAY})
    observe("code", found.code, documented="InvalidParameterValue")
    message = "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."
    observe("message", found.message, documented=message)


@belief(f"{PUT_DATA} (two hours after the current day and time)")
def test_a_data_point_of_the_future(aws: Target, observe: Observe) -> None:
    """A data point is at most two hours ahead; the words are assumed."""
    found = refused_data(aws, {"Timestamp": time.time() + 3 * 3600})
    observe("code", found.code, documented="InvalidParameterValue")
    observe("message", found.message, documented=Matching("no more than two hours in the future"))


@belief(f"{PUT_DATA} (two weeks before and two hours after the current day and time)", **METRICS)  # type: ignore[arg-type]
def test_data_points_that_are_taken(aws: Target, observe: Observe) -> None:
    """A data point may be thirteen days old, and an hour ahead."""
    data = [{"MetricName": "Value", "Value": 1.0, "Timestamp": time.time() - age} for age in (13 * DAY, 0, -3600)]
    answer = aws.client("cloudwatch").put_metric_data(Namespace=aws.name("values"), MetricData=data)
    observe("status", answer["ResponseMetadata"]["HTTPStatusCode"], documented=200)


@belief("botocore: cloudwatch.Dimensions (at most 30)")
def test_thirty_dimensions(aws: Target, observe: Observe) -> None:
    """A data point has at most thirty dimensions; the words are assumed."""
    found = refused_data(aws, {"Dimensions": [{"Name": f"d{number}", "Value": "v"} for number in range(31)]})
    observe("code", found.code, documented="InvalidParameterValue")
    message = "The collection MetricData.member.1.Dimensions must not have a size greater than 30."
    observe("message", found.message, documented=message)


@belief(f"{PUT_DATA} (1000 different metrics)")
def test_a_thousand_data_points(aws: Target, observe: Observe) -> None:
    """A request has at most a thousand data points."""
    observe("code", refused_data(aws, *[{}] * 1001).code, documented="InvalidParameterValue")


@belief("botocore: cloudwatch.SetAlarmState (ResourceNotFound)")
def test_an_alarm_that_is_missing(aws: Target, observe: Observe) -> None:
    """Setting the state of an alarm that does not exist is refused with ResourceNotFound."""
    members = {"AlarmName": aws.name("no-alarm"), "StateValue": "OK", "StateReason": "test"}
    found = aws.refusal("cloudwatch", "set_alarm_state", **members)  # type: ignore[arg-type]
    observe("code", found.code, documented="ResourceNotFound")
