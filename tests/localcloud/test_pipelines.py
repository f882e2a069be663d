"""Pipelines: the graph really runs, in parallel, with parameters, conditions, property files, retries and stops."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import BUCKET, IMAGE, ROLE, LocalCloud
from tests.localcloud.test_jobs import WRITE, processing_job
from tests.localcloud.waiting import wait_until

FINAL = ("Succeeded", "Failed", "Stopped")
TOKEN = "0" * 32


@pytest.fixture(autouse=True, scope="module")
def data(cloud: LocalCloud, sagemaker: Any) -> None:
    cloud.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")
    sagemaker.create_model_package_group(ModelPackageGroupName="pipelined")


def job_step(name: str, *arguments: Any, **members: Any) -> dict[str, Any]:
    """A processing step that writes result.json to runs/<execution>/<name>."""
    job = processing_job(name, *arguments)
    del job["ProcessingJobName"]
    output = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    values = [f"s3://{BUCKET}/runs", {"Get": "Execution.PipelineExecutionId"}, name]
    output["S3Uri"] = {"Std:Join": {"On": "/", "Values": values}}
    return {"Name": name, "Type": "Processing", "Arguments": job, **members}


def condition(name: str, left: Any, right: Any, *, then: list[Any], otherwise: list[Any]) -> dict[str, Any]:
    check = {"Type": "Equals", "LeftValue": left, "RightValue": right}
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {"Conditions": [check], "IfSteps": then, "ElseSteps": otherwise},
    }


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def definition(*steps: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> str:
    return json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": parameters or [], "Steps": steps})


class Run:
    """A started execution."""

    def __init__(self, sagemaker: Any, name: str, text: str, **parameters: str) -> None:
        self.sagemaker = sagemaker
        sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE, ClientRequestToken=TOKEN)
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        answer = sagemaker.start_pipeline_execution(
            PipelineName=name, PipelineParameters=given, ClientRequestToken=TOKEN
        )
        self.arn: str = answer["PipelineExecutionArn"]

    @property
    def status(self) -> str:
        found: str = self.describe()["PipelineExecutionStatus"]
        return found

    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=self.arn)
        return found

    def finish(self) -> "Run":
        wait_until(lambda: self.status in FINAL)
        return self

    def steps(self) -> dict[str, dict[str, Any]]:
        answer = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=self.arn)
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def result(self, cloud: LocalCloud, step: str) -> Any:
        key = f"runs/{self.arn.rsplit('/', 1)[-1]}/{step}/result.json"
        return json.loads(cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


TEXT = [{"Name": "Text", "Type": "String", "DefaultValue": "default", "EnumValues": ["default", "given"]}]
GATES = [{"PropertyFileName": "Result", "OutputName": "result", "FilePath": "result.json"}]
RESULT = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.First.PropertyFiles.Result"}, "Path": "text"}}


def gated(text: Any) -> str:
    first = job_step("First", *WRITE, "--text", {"Get": "Parameters.Text"}, PropertyFiles=GATES)
    after = job_step(
        "After", *WRITE, "--text", {"Get": "Steps.First.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri"}
    )
    refused = fail("Refused", {"Std:Join": {"On": " ", "Values": ["found", RESULT]}})
    return definition(first, condition("Check", RESULT, text, then=[after], otherwise=[refused]), parameters=TEXT)


def test_a_condition_takes_the_branch_that_a_property_file_decides(cloud: LocalCloud, sagemaker: Any) -> None:
    run = Run(sagemaker, "branches", gated("given"), Text="given").finish()
    assert run.status == "Succeeded"
    steps = run.steps()
    assert set(steps) == {"First", "Check", "After"}
    assert steps["Check"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert run.result(cloud, "After")["text"].endswith("/First")


def test_a_fail_step_ends_the_execution_with_its_message(sagemaker: Any) -> None:
    run = Run(sagemaker, "refuses", gated("given")).finish()
    assert run.describe()["FailureReason"] == "Step failure: One or multiple steps failed."
    assert run.steps()["Refused"]["FailureReason"] == "found default"
    assert run.steps()["Refused"]["Metadata"]["Fail"]["ErrorMessage"] == "found default"


def test_independent_steps_run_at_the_same_time(sagemaker: Any) -> None:
    run = Run(
        sagemaker, "parallel", definition(job_step("Left", "--sleep", "1.5"), job_step("Right", "--sleep", "1.5"))
    )
    steps = run.finish().steps()
    assert steps["Left"]["StartTime"] < steps["Right"]["EndTime"]
    assert steps["Right"]["StartTime"] < steps["Left"]["EndTime"]


def test_steps_wait_for_what_they_depend_on(sagemaker: Any) -> None:
    steps = [job_step("Second", DependsOn=["First"]), job_step("First")]
    listed = Run(sagemaker, "ordered", definition(*steps)).finish().steps()
    assert listed["Second"]["StartTime"] >= listed["First"]["EndTime"]


def test_a_failed_job_fails_its_step_and_starts_nothing_after(sagemaker: Any) -> None:
    steps = [job_step("Breaks", "--exit", "2", "--reason", "broken"), job_step("Never", DependsOn=["Breaks"])]
    run = Run(sagemaker, "breaks", definition(*steps)).finish()
    assert run.status == "Failed"
    assert set(run.steps()) == {"Breaks"}
    assert run.steps()["Breaks"]["FailureReason"] == "ClientError: AlgorithmError: broken, exit code: 2"


def test_a_refused_job_fails_its_step_with_the_services_words(sagemaker: Any) -> None:
    step = job_step("Refused")
    step["Arguments"]["RoleArn"] = {"Get": "Parameters.Role"}
    role = {"Name": "Role", "Type": "String", "DefaultValue": "no-role"}
    run = Run(sagemaker, "refused-job", definition(step, parameters=[role])).finish()
    assert "ValidationException" in run.steps()["Refused"]["FailureReason"]


def test_a_retriable_failure_is_tried_again(sagemaker: Any) -> None:
    policy = {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
        "IntervalSeconds": 1,
        "BackoffRate": 1.0,
        "MaxAttempts": 3,
    }
    lost = job_step("Lost", "--exit", "1", "--reason", "InternalServerError: the host was lost", RetryPolicies=[policy])
    begin = time.monotonic()
    run = Run(sagemaker, "retries", definition(lost)).finish()
    assert run.steps()["Lost"]["AttemptCount"] == 3
    assert time.monotonic() - begin > 2


def test_another_failure_is_not_tried_again(sagemaker: Any) -> None:
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 3}
    run = Run(sagemaker, "no-retry", definition(job_step("Once", "--exit", "1", RetryPolicies=[policy]))).finish()
    assert run.steps()["Once"]["AttemptCount"] == 1


def test_an_execution_can_be_stopped(sagemaker: Any) -> None:
    steps = [job_step("Sleeps", "--sleep", "60"), job_step("Never", DependsOn=["Sleeps"])]
    run = Run(sagemaker, "stops", definition(*steps))
    wait_until(lambda: "ProcessingJob" in run.steps().get("Sleeps", {}).get("Metadata", {}))
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=run.arn, ClientRequestToken=TOKEN)
    assert run.finish().status == "Stopped"
    assert {name: step["StepStatus"] for name, step in run.steps().items()} == {"Sleeps": "Stopped"}
    with pytest.raises(ClientError, match="cannot be stopped"):
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=run.arn, ClientRequestToken=TOKEN)


def test_a_job_that_reaches_its_limit_fails_the_execution(sagemaker: Any) -> None:
    step = job_step("Dawdles", "--sleep", "60")
    step["Arguments"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    run = Run(sagemaker, "limit", definition(step)).finish()
    assert run.status == "Failed"
    assert "reached its MaxRuntimeInSeconds" in run.steps()["Dawdles"]["FailureReason"]


def test_a_stop_that_comes_too_late_is_refused_and_changes_nothing(sagemaker: Any) -> None:
    quick = definition(condition("Only", 1, 1, then=[], otherwise=[]))
    sagemaker.create_pipeline(PipelineName="quick", PipelineDefinition=quick, RoleArn=ROLE, ClientRequestToken=TOKEN)
    runs = []
    for number in range(60):
        token = f"{number:032d}"
        arn = sagemaker.start_pipeline_execution(PipelineName="quick", ClientRequestToken=token)["PipelineExecutionArn"]
        with suppress(ClientError):
            sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=token)
        runs.append(arn)

    def ended(arn: str) -> bool:
        return sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] in FINAL

    wait_until(lambda: all(map(ended, runs)))


def test_a_model_is_registered_with_values_of_the_execution(sagemaker: Any) -> None:
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "pipelined",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "CustomerMetadataProperties": {"execution": {"Get": "Execution.PipelineExecutionId"}, "text": RESULT},
            "MlflowTrackingServerArn": None,
        },
    }
    run = Run(sagemaker, "registers", definition(job_step("First", *WRITE, PropertyFiles=GATES), register)).finish()
    arn = run.steps()["Register"]["Metadata"]["RegisterModel"]["Arn"]
    metadata = sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"]
    assert metadata == {"execution": run.arn.rsplit("/", 1)[-1], "text": "written"}


def test_the_same_token_starts_only_one_execution(sagemaker: Any) -> None:
    run = Run(sagemaker, "idempotent", definition(job_step("First")))
    again = sagemaker.start_pipeline_execution(PipelineName="idempotent", ClientRequestToken=TOKEN)
    assert again["PipelineExecutionArn"] == run.arn
    other = sagemaker.start_pipeline_execution(PipelineName="idempotent", ClientRequestToken="1" * 32)
    assert other["PipelineExecutionArn"] != run.arn
    listed = sagemaker.list_pipeline_executions(PipelineName="idempotent")["PipelineExecutionSummaries"]
    assert [summary["PipelineExecutionArn"] for summary in listed] == [other["PipelineExecutionArn"], run.arn]


def test_an_update_leaves_running_executions_their_definition(sagemaker: Any) -> None:
    before = definition(job_step("First"))
    run = Run(sagemaker, "changes", before)
    sagemaker.update_pipeline(PipelineName="changes", PipelineDefinition=definition(job_step("Other")))
    kept = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=run.arn)["PipelineDefinition"]
    assert kept == before
    assert set(run.finish().steps()) == {"First"}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"Text": "other"}, "must be one of"), ({"Texts": "given"}, "Unknown parameters: Texts")],
)
def test_wrong_parameters_are_refused(sagemaker: Any, parameters: dict[str, str], message: str) -> None:
    name = f"parameters-{len(message)}"
    with pytest.raises(ClientError, match=message):
        Run(sagemaker, name, gated("given"), **parameters)


def test_a_pipeline_that_is_not_there_is_told(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match=r"ResourceNotFound.*pipeline/nowhere' does not exist"):
        sagemaker.describe_pipeline(PipelineName="nowhere")
