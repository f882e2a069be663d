"""Model Monitor as AWS shows it to new customers, if localcloud is told so."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localcloud.cloud import MODEL_MONITOR
from localcloud.instance import Instance

from tests.localcloud.conftest import IMAGE, ROLE, LocalCloud, run_cli
from tests.localcloud.waiting import wait_until
from tests.ports import reserved_port

# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html. That the schedule is
# what is refused is from its text; error code and wording are assumed (rebuy-de/aws-nuke#341, ekristen/aws-nuke#665).
REFUSED = r"AccessDeniedException.* CreateMonitoringSchedule .*no longer open to new customers"
DEFINITION: dict[str, Any] = {
    "DataQualityAppSpecification": {"ImageUri": IMAGE},
    "DataQualityJobInput": {"EndpointInput": {"EndpointName": "e", "LocalPath": "/opt/ml/processing/input"}},
    "DataQualityJobOutputConfig": {
        "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://test-bucket/m", "LocalPath": "/opt/ml/processing/output"}}]
    },
    "JobResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
    "RoleArn": ROLE,
}
SCHEDULE: dict[str, Any] = {
    "MonitoringScheduleName": "s",
    "MonitoringScheduleConfig": {
        "MonitoringType": "DataQuality",
        "MonitoringJobDefinitionName": "d",
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    },
}


@pytest.fixture(scope="module")
def closed(localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A localcloud that Model Monitor is closed in."""
    instance = Instance(tmp_path_factory.mktemp("closed-cloud"))
    running, _ = instance.start(reserved_port(), closed=[MODEL_MONITOR])
    cloud = LocalCloud(instance, running)
    cloud.prepare()
    yield cloud
    instance.stop(running)


def test_a_new_customer_gets_no_schedule(closed: LocalCloud) -> None:
    sagemaker = closed.client("sagemaker")
    sagemaker.create_data_quality_job_definition(JobDefinitionName="d", **DEFINITION)
    with pytest.raises(ClientError, match=REFUSED):
        sagemaker.create_monitoring_schedule(**SCHEDULE)
    assert not sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]


def test_a_stack_with_a_schedule_rolls_back_and_its_events_say_why(closed: LocalCloud) -> None:
    name = {"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::GetAtt": ["Definition", "JobDefinitionArn"]}]}]}
    config = {**SCHEDULE["MonitoringScheduleConfig"], "MonitoringJobDefinitionName": name}
    resources = {
        "Definition": {"Type": "AWS::SageMaker::DataQualityJobDefinition", "Properties": DEFINITION},
        "Schedule": {
            "Type": "AWS::SageMaker::MonitoringSchedule",
            "Properties": {**SCHEDULE, "MonitoringScheduleConfig": config},
        },
    }
    client = closed.client("cloudformation")
    client.create_stack(StackName="monitors", TemplateBody=json.dumps({"Resources": resources}))

    def status() -> str:
        found: str = client.describe_stacks(StackName="monitors")["Stacks"][0]["StackStatus"]
        return found

    wait_until(lambda: status() == "ROLLBACK_COMPLETE")
    events = client.describe_stack_events(StackName="monitors")["StackEvents"]
    (failed,) = [one for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert failed["ResourceType"] == "AWS::SageMaker::MonitoringSchedule"
    assert "no longer open to new customers" in failed["ResourceStatusReason"]


def test_elsewhere_it_is_open(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="job definition d does not exist"):
        cloud.client("sagemaker").create_monitoring_schedule(**SCHEDULE)


def test_only_what_aws_closed_can_be_closed(tmp_path: Path) -> None:
    result = run_cli("up", "--closed", "s3", state=tmp_path)
    assert result.returncode == 2
    assert "invalid choice: 's3'" in result.stderr
