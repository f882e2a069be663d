"""The monitors in both runtimes, and the time and the disk that jobs have."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sagemaker_mlops.contract.monitors import KINDS

from tests.stacks.conftest import Synthesize, Templates, role, statements_of
from tests.stacks.settings import settings

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks.md"
MONITOR, DEFINITION = "AWS::SageMaker::MonitoringSchedule", "AWS::SageMaker::DataQualityJobDefinition"


def test_model_monitor_watches_all_four_kinds_once_an_endpoint_exists(templates: Templates) -> None:
    schedules = templates.of_type("production", "monitoring", MONITOR)
    assert len(schedules) == 4
    assert {entry["Condition"] for entry in schedules.values()} == {"MonitorsRun"}
    kinds = {entry["Properties"]["MonitoringScheduleConfig"]["MonitoringType"] for entry in schedules.values()}
    assert kinds == {"DataQuality"}


def test_every_monitor_is_a_data_quality_definition_of_our_image(templates: Templates) -> None:
    """Own images are documented for this type only; the others merge ground truth or want an analysis_config.json.

    Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-containers.html,
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html; botocore 1.43.106:
    ModelBiasAppSpecification requires ConfigUri, ModelQualityJobInput requires GroundTruthS3Input.
    """
    resources = templates["production", "monitoring"]["Resources"].values()
    types = [entry["Type"] for entry in resources if entry["Type"].endswith("JobDefinition")]
    assert types == [DEFINITION] * 4
    found = [entry["Properties"] for entry in templates.of_type("production", "monitoring", types[0]).values()]
    applications = [definition["DataQualityAppSpecification"] for definition in found]
    assert {application["Environment"]["MONITOR_KIND"] for application in applications} == set(KINDS)
    assert all(
        application["ContainerEntrypoint"][-1] == "sagemaker_mlops.monitoring.analyze" for application in applications
    )
    assert all(application.keys() == {"ImageUri", "ContainerEntrypoint", "Environment"} for application in applications)
    assert all(definition["DataQualityJobInput"].keys() == {"EndpointInput"} for definition in found)
    assert all("DataQualityBaselineConfig" not in definition for definition in found)


def test_a_monitor_ends_before_its_schedule_starts_the_next(templates: Templates, synthesize: Synthesize) -> None:
    """At most 3,600 s for an hourly data quality schedule (botocore 1.43.106, MonitoringStoppingCondition)."""
    hourly = synthesize(settings(monitor_every="hour"))
    for found, period in ((templates, 86_400), (hourly, 3_600)):
        definitions = found.of_type("production", "monitoring", DEFINITION).values()
        limits = [entry["Properties"]["StoppingCondition"]["MaxRuntimeInSeconds"] for entry in definitions]
        assert len(limits) == 4
        assert all(1 <= limit <= period for limit in limits)


JOBS: dict[str, Any] = {
    "processing": {"time_limit_minutes": 120, "volume_gigabytes": 100},
    "training": {"time_limit_minutes": 180, "volume_gigabytes": 200},
    "monitoring": {"time_limit_minutes": 50, "volume_gigabytes": 40},
}


def definition_of(found: Templates, environment: str, capability: str) -> list[dict[str, Any]]:
    """The steps of the only pipeline of a stack."""
    pipeline = found.only(environment, capability, "AWS::SageMaker::Pipeline")
    steps: list[dict[str, Any]] = json.loads(_text(pipeline["PipelineDefinition"]["PipelineDefinitionBody"]))["Steps"]
    return steps


def _text(value: Any) -> str:
    """A template's text; parts that CloudFormation fills in are written as one word."""
    if isinstance(value, str):
        return value
    separator, parts = value["Fn::Join"]
    return str(separator).join(part if isinstance(part, str) else "filled-in" for part in parts)


def test_jobs_have_the_time_and_the_disk_of_the_settings(synthesize: Synthesize) -> None:
    found = synthesize(settings("dev", jobs=JOBS))
    limits = {}
    for step in definition_of(found, "dev", "training"):
        arguments = step.get("Arguments", {})
        resources = arguments.get("ResourceConfig") or arguments.get("ProcessingResources", {}).get("ClusterConfig")
        if resources:
            seconds = arguments["StoppingCondition"]["MaxRuntimeInSeconds"]
            limits[step["Type"], seconds, resources["VolumeSizeInGB"]] = step["Name"]
    assert limits.keys() == {("Processing", 7200, 100), ("Training", 10_800, 200)}


@pytest.mark.parametrize("runtime", ["model_monitor", "scheduled_pipeline"])
def test_monitors_have_theirs_in_both_runtimes(synthesize: Synthesize, runtime: str) -> None:
    found = synthesize(settings(jobs=JOBS, monitoring_runtime=runtime))
    if runtime == "model_monitor":
        definitions = found.of_type("production", "monitoring", DEFINITION).values()
        jobs = [(entry["Properties"], entry["Properties"]["JobResources"]["ClusterConfig"]) for entry in definitions]
    else:
        steps = definition_of(found, "production", "monitoring")
        jobs = [(step["Arguments"], step["Arguments"]["ProcessingResources"]["ClusterConfig"]) for step in steps]
    assert jobs
    assert {job["StoppingCondition"]["MaxRuntimeInSeconds"] for job, _ in jobs} == {3_000}
    assert {cluster["VolumeSizeInGB"] for _, cluster in jobs} == {40}


def test_a_scheduled_pipeline_watches_the_same_four(synthesize: Synthesize) -> None:
    found = synthesize(settings(monitoring_runtime="scheduled_pipeline"))
    assert not found.of_type("production", "monitoring", MONITOR)
    schedules = found.of_type("production", "monitoring", "AWS::Scheduler::Schedule")
    targets = [entry["Properties"]["Target"] for entry in schedules.values() if entry.get("Condition") == "MonitorsRun"]
    given = [
        {
            parameter["Name"]: parameter["Value"]
            for parameter in target["SageMakerPipelineParameters"]["PipelineParameterList"]
        }
        for target in targets
    ]
    assert sorted(parameters["MonitorKind"] for parameters in given) == [
        "bias",
        "data-quality",
        "explainability",
        "model-quality",
    ]
    sids = {entry["Sid"] for entry in statements_of(role(found, "production", "monitoring", "monitoring"))}
    assert {"RunJobs", "PassOwnRole"} <= sids


def test_without_monitors_there_are_neither_alarms_nor_schedules(templates: Templates) -> None:
    assert not templates.of_type("staging", "monitoring", "AWS::CloudWatch::CompositeAlarm")
    assert templates.of_type("production", "monitoring", "AWS::CloudWatch::CompositeAlarm")
    assert not templates.of_type("staging", "monitoring", MONITOR)


def test_a_monitor_that_does_not_run_raises_an_alarm(templates: Templates) -> None:
    alarms = templates.of_type("production", "monitoring", "AWS::CloudWatch::Alarm").values()
    silent = [entry for entry in alarms if entry["Properties"]["AlarmName"].endswith("-silent")]
    assert len(silent) == 4
    assert all(entry["Properties"]["TreatMissingData"] == "breaching" for entry in silent)
    assert {entry["Condition"] for entry in silent} == {"MonitorsRun"}


def test_every_alarm_links_to_its_runbook(templates: Templates) -> None:
    headings = set(re.findall(r"^## (.+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE))
    types = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    alarms = [
        resource["Properties"]
        for template in templates.found.values()
        for resource in template["Resources"].values()
        if resource["Type"] in types and "TargetTracking" not in str(resource["Properties"].get("AlarmName"))
    ]
    assert len(alarms) > 10
    for alarm in alarms:
        text = json.dumps(alarm["AlarmDescription"])
        link = re.search(r"Runbook: https://github\.com/owner/repository/blob/main/docs/runbooks\.md#([a-z-]+)", text)
        assert link is not None, text
        assert link[1] in headings, text
