"""EventBridge, Scheduler, CloudWatch, Lambda and S3 refuse values that the services refuse, with their codes."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.handlers import validate_bucket_name

from tests.localcloud.conftest import ROLE, LocalCloud

TARGET_ARN = "arn:aws:sqs:eu-west-1:000000000000:values"


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


# Sources: eb-scheduled-rule-pattern.html of EventBridge's user guide (units, six fields, `?`),
# localstack/localstack#12156 and winglang/wing#7115 (refused by the service), localstack/localstack#13572 (accepted).
GOOD_CRONS = [
    "cron(0 3 * * ? *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)",
    "cron(30-30 13-13 ? * 2,4,6 *)",
    "cron(1-31/30 1-1 ? * 1,7 *)",
    "cron(0 10 ? * 6#3 2026-2027)",
    "cron(0 0 L * ? *)",
    "cron(0 0 3W JAN,JUL ? *)",
    "cron(0 0 ? * 5L *)",
]
BAD_CRONS = [
    "cron(7 20 * * 1-7 *)",
    "cron(15 12 ? * -1 *)",
    "cron(60 * * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 0 32 * ? *)",
    "cron(0 0 * 13 ? *)",
    "cron(0 0 ? * 8 *)",
    "cron(0 0 ? * ? *)",
    "cron(0 0 * * ?)",
    "cron(0 0 ? * 6#6 *)",
    "cron(*/60 * * * ? *)",
]
GOOD_RATES, BAD_RATES = ["rate(1 hour)", "rate(5 minutes)"], ["rate(1 hours)", "rate(5 minute)", "rate(0 minutes)"]
NONSENSE = ["every day", "rate(1.5 hours)", "rate(1 week)", "at(2026-01-01)"]


@pytest.mark.parametrize("expression", [*GOOD_CRONS, *GOOD_RATES])
def test_a_rule_takes_an_expression(cloud: LocalCloud, expression: str) -> None:
    cloud.client("events").put_rule(Name="expressions", ScheduleExpression=expression)


@pytest.mark.parametrize("expression", [*BAD_CRONS, *BAD_RATES, *NONSENSE])
def test_a_rule_refuses_an_expression(cloud: LocalCloud, expression: str) -> None:
    found = refusal(cloud.client("events").put_rule, Name="expressions", ScheduleExpression=expression)
    assert found == ("ValidationException", "Parameter ScheduleExpression is not valid.")


def schedule(expression: str, **more: Any) -> dict[str, Any]:
    target = {"Arn": TARGET_ARN, "RoleArn": ROLE, "Input": "{}"}
    return {"ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, **more}


# Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
@pytest.mark.parametrize("expression", [*GOOD_CRONS, *GOOD_RATES, "at(2026-11-20T13:00:00)"])
def test_a_schedule_takes_an_expression(cloud: LocalCloud, expression: str) -> None:
    scheduler = cloud.client("scheduler")
    scheduler.create_schedule(Name="taken", **schedule(expression, State="DISABLED"))
    scheduler.delete_schedule(Name="taken")


# Source of the message: https://github.com/localstack/localstack/issues/9284
@pytest.mark.parametrize("expression", [*BAD_CRONS, *NONSENSE, "rate(0 minutes)", "at(2026-02-30T13:00:00)"])
def test_a_schedule_refuses_an_expression(cloud: LocalCloud, expression: str) -> None:
    scheduler = cloud.client("scheduler")
    expected = ("ValidationException", f"Invalid Schedule Expression {expression}.")
    assert refusal(scheduler.create_schedule, Name="refused", **schedule(expression)) == expected


# Sources: botocore 1.43.106 scheduler: FlexibleTimeWindow, MaximumWindowInMinutes, RetryPolicy, ScheduleName
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "Invalid Schedule Expression Timezone Mars/Base."),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes must be provided"),
        ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}, "must not be provided"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}}, "less than or equal to 1440"),
        ({"FlexibleTimeWindow": {"Mode": "SOMETIMES"}}, "Member must satisfy enum value set"),
        (
            {"Target": {"Arn": TARGET_ARN, "RoleArn": ROLE, "RetryPolicy": {"MaximumRetryAttempts": 186}}},
            "less than or equal to 185",
        ),
        ({"Name": "n" * 65}, "length less than or equal to 64"),
    ],
    ids=["zone", "no window", "window", "wide window", "mode", "retries", "name"],
)
def test_a_schedule_refuses_a_setting(cloud: LocalCloud, more: dict[str, Any], words: str) -> None:
    members = {"Name": "refused", **schedule("rate(1 hour)"), **more}
    code, message = refusal(cloud.client("scheduler").create_schedule, **members)
    assert code == "ValidationException"
    assert words in message


def test_a_schedule_is_updated_with_valid_values_only(cloud: LocalCloud) -> None:
    scheduler = cloud.client("scheduler")
    scheduler.create_schedule(Name="updated", **schedule("rate(1 hour)", State="DISABLED"))
    assert refusal(scheduler.update_schedule, Name="updated", **schedule("every day"))[0] == "ValidationException"
    assert scheduler.get_schedule(Name="updated")["ScheduleExpression"] == "rate(1 hour)"
    scheduler.delete_schedule(Name="updated")


# Sources: API_PutRule.html of EventBridge ("at least an EventPattern or ScheduleExpression"; names by botocore
# 1.43.106, RuleName); the two messages are assumed.
@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        ({"Name": "a b", "EventPattern": "{}"}, "Member must satisfy regular expression pattern"),
        ({"State": "ON", "ScheduleExpression": "rate(1 hour)"}, "Member must satisfy enum value set"),
    ],
    ids=["nothing", "name", "state"],
)
def test_a_rule_refuses_a_setting(cloud: LocalCloud, members: dict[str, Any], words: str) -> None:
    code, message = refusal(cloud.client("events").put_rule, **{"Name": "refused", **members})
    assert (code, words in message) == ("ValidationException", True)


def test_a_schedule_is_on_the_default_bus_only(cloud: LocalCloud) -> None:
    events = cloud.client("events")
    events.create_event_bus(Name="other")
    members = {"Name": "refused", "EventBusName": "other", "ScheduleExpression": "rate(1 hour)"}
    found = refusal(events.put_rule, **members)
    assert found == ("ValidationException", "ScheduleExpression is supported only on the default event bus.")


def test_an_invalid_pattern_is_refused(cloud: LocalCloud) -> None:
    # Source: botocore 1.43.106 events, InvalidEventPatternException
    pattern = json.dumps({"source": "not-a-list"})
    code, message = refusal(cloud.client("events").put_rule, Name="refused", EventPattern=pattern)
    assert code == "InvalidEventPatternException"
    assert message.startswith("Event pattern is not valid. Reason: ")


def targets(count: int) -> list[dict[str, Any]]:
    return [{"Id": f"t{number}", "Arn": TARGET_ARN} for number in range(count)]


def test_a_rule_has_five_targets_at_most(cloud: LocalCloud) -> None:
    # Source: https://github.com/aws-cloudformation/cfn-lint/issues/306, tried on an account
    events = cloud.client("events")
    events.put_rule(Name="crowded", EventPattern=json.dumps({"source": ["crowded"]}))
    expected = ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    assert refusal(events.put_targets, Rule="crowded", Targets=targets(6)) == expected
    events.put_targets(Rule="crowded", Targets=targets(5))
    events.put_targets(Rule="crowded", Targets=targets(5))  # the same five again
    assert refusal(events.put_targets, Rule="crowded", Targets=[{"Id": "one more", "Arn": TARGET_ARN}])[0] == (
        "ValidationException"  # a space in the id: botocore 1.43.106 events, TargetId
    )
    assert refusal(events.put_targets, Rule="crowded", Targets=[{"Id": "sixth", "Arn": TARGET_ARN}]) == expected


def test_a_rule_with_targets_is_not_deleted(cloud: LocalCloud) -> None:
    # Source: https://github.com/getmoto/moto/pull/5056, tried on an account
    events = cloud.client("events")
    events.put_rule(Name="kept", EventPattern=json.dumps({"source": ["kept"]}))
    events.put_targets(Rule="kept", Targets=targets(1))
    assert refusal(events.delete_rule, Name="kept") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    events.remove_targets(Rule="kept", Ids=["t0"])
    events.delete_rule(Name="kept")


ALARM: dict[str, Any] = {
    "AlarmName": "values",
    "Namespace": "Values",
    "MetricName": "Value",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
PERIOD = "Period must be 10, 20, 30 or a multiple of 60"


# Sources: awsdocs/aws-cloudformation-user-guide#777 (period), hashicorp/terraform#24070 (datapoints), botocore
# 1.43.106, PutMetricAlarm documentation (a day, or a week with periods of an hour: the message is assumed)
@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"Period": 45}, PERIOD),
        ({"Period": 5}, PERIOD),
        ({"Period": 90}, PERIOD),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"Period": 60, "EvaluationPeriods": 1441}, "Metrics cannot be checked across more than a day"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "Metrics cannot be checked across more than a week"),
        ({"ComparisonOperator": "Above"}, "Member must satisfy enum value set"),
        ({"TreatMissingData": "t" * 256}, "length less than or equal to 255"),
    ],
    ids=["45", "5", "90", "datapoints", "a day", "a week", "operator", "treatment"],
)
def test_an_alarm_refuses_a_setting(cloud: LocalCloud, members: dict[str, Any], words: str) -> None:
    code, message = refusal(cloud.client("cloudwatch").put_metric_alarm, **{**ALARM, **members})
    assert (code, words in message) == ("ValidationError", True), message


@pytest.mark.parametrize("period", [10, 20, 30, 60, 120, 86_400])
def test_an_alarm_takes_a_period(cloud: LocalCloud, period: int) -> None:
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": "periods", "Period": period})
    cloudwatch.delete_alarms(AlarmNames=["periods"])


DAY = 86_400


# Sources: botocore 1.43.106, PutMetricData documentation ("two weeks before ... 2 hours after", 30 dimensions, 1000
# metrics); cloud-custodian/cloud-custodian#2559 (the message for the past; the others are assumed)
@pytest.mark.parametrize(
    ("age", "words"),
    [
        (15 * DAY, "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."),
        (-3 * 3600, "must specify a time no more than two hours in the future."),
    ],
    ids=["old", "future"],
)
def test_a_datapoint_of_another_time_is_refused(cloud: LocalCloud, age: float, words: str) -> None:
    datum = {"MetricName": "Value", "Value": 1.0, "Timestamp": time.time() - age}
    code, message = refusal(cloud.client("cloudwatch").put_metric_data, Namespace="Values", MetricData=[datum])
    assert (code, words in message) == ("InvalidParameterValue", True)


def test_a_datapoint_within_two_weeks_is_taken(cloud: LocalCloud) -> None:
    data = [{"MetricName": "Value", "Value": 1.0, "Timestamp": time.time() - age} for age in (13 * DAY, 0, -3600)]
    cloud.client("cloudwatch").put_metric_data(Namespace="Values", MetricData=data)


def test_a_datapoint_has_thirty_dimensions_at_most(cloud: LocalCloud) -> None:
    dimensions = [{"Name": f"d{number}", "Value": "v"} for number in range(31)]
    datum = {"MetricName": "Value", "Value": 1.0, "Dimensions": dimensions}
    code, message = refusal(cloud.client("cloudwatch").put_metric_data, Namespace="Values", MetricData=[datum])
    assert code == "InvalidParameterValue"
    assert message == "The collection MetricData.member.1.Dimensions must not have a size greater than 30."


def test_a_request_has_a_thousand_metrics_at_most(cloud: LocalCloud) -> None:
    data = [{"MetricName": "Value", "Value": 1.0}] * 1001
    code, _ = refusal(cloud.client("cloudwatch").put_metric_data, Namespace="Values", MetricData=data)
    assert code == "InvalidParameterValue"


# Source: CloudWatch's user guide, "Create a composite alarm"; ministack's messages
@pytest.mark.parametrize("rule", ["ALARM(missing)", "ALARM(", "MAYBE"], ids=["missing alarm", "open", "word"])
def test_a_composite_alarm_refuses_a_rule(cloud: LocalCloud, rule: str) -> None:
    cloudwatch = cloud.client("cloudwatch")
    assert refusal(cloudwatch.put_composite_alarm, AlarmName="composite", AlarmRule=rule)[0] == "ValidationError"


def test_an_unknown_runtime_is_refused(cloud: LocalCloud) -> None:
    # Source: https://github.com/awslabs/amazon-redshift-monitoring/pull/25
    members = {"FunctionName": "f", "Runtime": "python9.9", "Role": ROLE, "Handler": "h.h", "Code": {"ZipFile": b"x"}}
    code, message = refusal(cloud.client("lambda").create_function, **members)
    assert code == "InvalidParameterValueException"
    assert message.startswith("Value python9.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum")
    assert message.endswith("or be a valid ARN")


# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
@pytest.mark.parametrize("name", ["Bad-Name", "bad_name", "ab", "a" * 64, "-a-name", "a..name", "192.168.5.4"])
def test_a_bucket_name_that_s3_refuses_is_refused(cloud: LocalCloud, name: str) -> None:
    s3 = cloud.client("s3")
    s3.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)
    place = {"LocationConstraint": "eu-west-1"}
    assert refusal(s3.create_bucket, Bucket=name, CreateBucketConfiguration=place)[0] == "InvalidBucketName"


DOCKER, OCI = "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json"
MANIFEST: dict[str, Any] = {"schemaVersion": 2, "mediaType": DOCKER, "config": {}, "layers": []}


@pytest.fixture(scope="module")
def repository(cloud: LocalCloud) -> str:
    cloud.client("ecr").create_repository(repositoryName="manifests")
    return "manifests"


# Source: botocore 1.43.106 ecr, ImageDetail (imageManifestMediaType) and PutImageRequest ("If you push an image
# manifest that does not contain the mediaType field, you must specify the imageManifestMediaType in the request")
@pytest.mark.parametrize(
    ("manifest", "given", "found"),
    [
        (MANIFEST, {}, DOCKER),
        ({**MANIFEST, "mediaType": OCI}, {}, OCI),
        ({key: value for key, value in MANIFEST.items() if key != "mediaType"}, {"imageManifestMediaType": OCI}, OCI),
    ],
    ids=["docker", "oci", "given"],
)
def test_an_image_shows_its_manifests_type(
    cloud: LocalCloud, repository: str, manifest: dict[str, Any], given: dict[str, str], found: str
) -> None:
    ecr = cloud.client("ecr")
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag="shown", **given)
    described = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "shown"}])["imageDetails"]
    assert described[0]["imageManifestMediaType"] == found


# Sources: https://github.com/boto/boto3/issues/3295 (the form of the message); botocore 1.43.106 ecr, PutImageRequest
@pytest.mark.parametrize(
    ("manifest", "given", "code"),
    [
        ("not JSON", {}, "InvalidParameterException"),
        ("[]", {}, "InvalidParameterException"),
        (json.dumps({"schemaVersion": 2, "config": {}, "layers": []}), {}, "InvalidParameterException"),
        (json.dumps({**MANIFEST, "schemaVersion": 1}), {}, "InvalidParameterException"),
        (json.dumps({"schemaVersion": 2, "mediaType": DOCKER}), {}, "InvalidParameterException"),
        (json.dumps(MANIFEST), {"imageManifestMediaType": OCI}, "InvalidParameterException"),
        (json.dumps(MANIFEST), {"imageDigest": "sha256:" + "0" * 64}, "ImageDigestDoesNotMatchException"),
    ],
    ids=["text", "list", "no type", "version 1", "no layers", "another type", "digest"],
)
def test_a_malformed_manifest_is_refused(
    cloud: LocalCloud, repository: str, manifest: str, given: dict[str, str], code: str
) -> None:
    ecr = cloud.client("ecr")
    found = refusal(ecr.put_image, repositoryName=repository, imageManifest=manifest, imageTag="bad", **given)
    assert found[0] == code
    if code == "InvalidParameterException":
        assert found[1].startswith("Invalid parameter at 'ImageManifest' failed to satisfy constraint: '")


def test_an_image_that_is_not_there_is_an_error(cloud: LocalCloud, repository: str) -> None:
    # Source: https://github.com/hashicorp/terraform-provider-aws/issues/35268
    found = refusal(cloud.client("ecr").describe_images, repositoryName=repository, imageIds=[{"imageTag": "none"}])
    assert found == (
        "ImageNotFoundException",
        "The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository with name "
        "'manifests' in the registry with id '000000000000'",
    )


def created(cloud: LocalCloud, name: str, kind: str, properties: dict[str, Any]) -> str:
    """Create a stack of one resource that cannot be; returns the reason."""
    client = cloud.client("cloudformation")
    body = json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties}}})
    client.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return str(next(event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"))


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        ("AWS::CloudWatch::Alarm", {**ALARM, "Period": 45}, PERIOD),
        ("AWS::Scheduler::Schedule", schedule("every day"), "Invalid Schedule Expression every day."),
        ("AWS::Events::Rule", {"ScheduleExpression": "rate(1 hours)"}, "Parameter ScheduleExpression is not valid."),
        ("AWS::Events::Rule", {"EventPattern": {"source": "text"}}, "Event pattern is not valid. Reason: "),
        ("AWS::Events::Rule", {"Name": "no-trigger"}, "EventPattern or ScheduleExpression must be specified."),
    ],
    ids=["alarm", "schedule", "rate", "pattern", "nothing"],
)
def test_a_stack_fails_with_the_services_refusal(
    cloud: LocalCloud, kind: str, properties: dict[str, Any], words: str, request: pytest.FixtureRequest
) -> None:
    name = f"refused-{request.node.callspec.id}"
    reason = created(cloud, name, kind, properties)
    assert reason.startswith("Resource handler returned message: ")
    assert words in reason
