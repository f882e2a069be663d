"""Validation of CloudWatch alarms and metric data."""

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.errors import AwsError

SHORT_PERIODS = (10, 20, 30)
DAY_SECONDS, WEEK_SECONDS, HOUR_SECONDS = 86_400, 604_800, 3_600
OLDEST_SECONDS, NEWEST_SECONDS = 14 * DAY_SECONDS, 2 * HOUR_SECONDS
MOST_DIMENSIONS, MOST_DATA = 30, 1000


def check_alarm(members: Mapping[str, Any]) -> None:
    """Raise PutMetricAlarm's error for invalid settings. Numbers may be strings, as in CloudFormation.

    Sources: botocore 1.43.106, PutMetricAlarm documentation (Period, EvaluationPeriods);
    https://github.com/awsdocs/aws-cloudformation-user-guide/pull/777 (the message about the period, which has since
    then included 20);
    https://github.com/hashicorp/terraform/issues/24070 (DatapointsToAlarm).
    The message for a span that is too long is an assumption.
    """
    evaluated = int(members.get("EvaluationPeriods") or 1)
    if int(members.get("DatapointsToAlarm") or evaluated) > evaluated:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if members.get("Period") is None:
        return
    period = int(members["Period"])
    if period not in SHORT_PERIODS and (period <= 0 or period % 60):
        raise _invalid("Period must be 10, 20, 30 or a multiple of 60")
    longest = DAY_SECONDS if period < HOUR_SECONDS else WEEK_SECONDS
    if period * evaluated > longest:
        span = "a day" if longest == DAY_SECONDS else "a week"
        limit = f"EvaluationPeriods * Period must be <= {longest}"
        raise _invalid(f"Metrics cannot be checked across more than {span} ({limit}).")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def check_metric_data(data: list[dict[str, Any]], now: float) -> None:
    """Raise PutMetricData's error for invalid data.

    Sources: botocore 1.43.106, PutMetricData and MetricDatum documentation (two weeks, two hours, 30 dimensions, 1000
    metrics); https://github.com/cloud-custodian/cloud-custodian/issues/2559 (the message for the past). The other
    messages are assumptions.

    Args:
        data: MetricData of the request, with timestamps in seconds since 1970.
        now: current time in seconds since 1970.
    """
    faults = list(_data_faults(data, now))
    if faults:
        raise AwsError("InvalidParameterValue", "\n".join(faults))


def _data_faults(data: list[dict[str, Any]], now: float) -> Iterator[str]:
    if len(data) > MOST_DATA:
        yield f"The collection MetricData must not have a size greater than {MOST_DATA}."
    for position, datum in enumerate(data, start=1):
        member, stamp = f"MetricData.member.{position}", datum.get("Timestamp")
        if isinstance(stamp, int | float) and stamp < now - OLDEST_SECONDS:
            yield f"The parameter {member}.Timestamp must specify a time within the past two weeks."
        if isinstance(stamp, int | float) and stamp > now + NEWEST_SECONDS:
            yield f"The parameter {member}.Timestamp must specify a time no more than two hours in the future."
        if len(datum.get("Dimensions") or []) > MOST_DIMENSIONS:
            yield f"The collection {member}.Dimensions must not have a size greater than {MOST_DIMENSIONS}."
