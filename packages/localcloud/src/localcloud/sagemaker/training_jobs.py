"""Training jobs: download channels from S3, run a container, upload the model archive to S3."""

import json
import math
from typing import Any

from localcloud.errors import NotInLocalcloud
from localcloud.sagemaker import jobs
from localcloud.sagemaker.container import Container
from localcloud.sagemaker.instance_types import refuse_key_with_local_storage, refuse_several
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.references import require_input_data, require_role, require_training_image
from localcloud.sagemaker.s3_files import download_prefix, upload_archive

KIND = jobs.JobKind("TrainingJob", "training-job", "/aws/sagemaker/TrainingJobs", "SageMaker Training Job State Change")
# With MaxResults, StatusEquals is applied to the page: botocore's documentation of ListTrainingJobs.
LISTING = KIND.listing(
    "TrainingEndTime",
    "SecondaryStatus",
    equal={"WarmPoolStatusEquals": "WarmPoolStatus", "TrainingPlanArnEquals": "TrainingPlanArn"},
    after_page=("StatusEquals", "NameContains"),
)
# Values of DescribeTrainingJob for members that the request does not set, or that a later phase of the job sets.
DEFAULTS: Members = {
    "SecondaryStatus": "Starting",
    "ModelArtifacts": {"S3ModelArtifacts": ""},
    "EnableNetworkIsolation": False,
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
}
PHASES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
}
ENDED = ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded")
FAILED_EXIT = 1
MISSING = "Requested resource not found."
NOT_HERE = ("TuningObjective", "CheckpointConfig", "DebugHookConfig", "ExperimentConfig", "TensorBoardOutputConfig")


@operation
def create_training_job(request: Request) -> Members:
    """Start a training job."""
    specification = request.get("AlgorithmSpecification", {})
    if "TrainingImage" not in specification:
        raise NotInLocalcloud("training without a TrainingImage")
    if specification.get("MetricDefinitions"):
        raise NotInLocalcloud("MetricDefinitions of training jobs")
    for name in NOT_HERE:
        if request.get(name):
            raise NotInLocalcloud(f"{name} of training jobs")
    for channel in request.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") != "S3Prefix" or channel.get("InputMode", "File") != "File":
            raise NotInLocalcloud("training channels other than S3Prefix in File mode")
    refuse_key_with_local_storage(request["ResourceConfig"])
    refuse_several(request["ResourceConfig"])
    require_role(request)
    require_training_image(request, specification["TrainingImage"])
    for channel in request.get("InputDataConfig", []):
        require_input_data(request, channel["DataSource"]["S3DataSource"]["S3Uri"])
    return jobs.start_job(request, KIND, _run)


def _enter(run: jobs.JobRun, status: str) -> None:
    """Start a phase of a training job, and end the previous one."""
    now, transitions = run.cloud.clock.now(), run.record.setdefault("SecondaryStatusTransitions", [])
    if transitions:
        transitions[-1]["EndTime"] = now
    transitions.append({"Status": status, "StartTime": now, "StatusMessage": PHASES.get(status, "")})
    run.record["SecondaryStatus"] = status
    jobs.keep(run)


def _end(run: jobs.JobRun, exit_code: int) -> None:
    _enter(run, _secondary_status(exit_code))
    now = run.cloud.clock.now()
    run.record["SecondaryStatusTransitions"][-1]["EndTime"] = now
    seconds = max(1, math.ceil(now - run.record["TrainingStartTime"]))
    run.record |= {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}


def _run(run: jobs.JobRun) -> None:
    try:
        _work(run)
    except Exception:
        if run.record.get("SecondaryStatus") not in ENDED:
            _end(run, FAILED_EXIT)
        raise


def _work(run: jobs.JobRun) -> None:
    _enter(run, "Starting")
    specification = run.request["AlgorithmSpecification"]
    container = Container(
        run.image(specification["TrainingImage"]),
        run.folder,
        specification.get("ContainerEntrypoint", []),
        specification.get("ContainerArguments") or ([] if specification.get("ContainerEntrypoint") else ["train"]),
        run.cloud.host.environment(run.scope, run.role_arn)
        | {"TRAINING_JOB_NAME": run.name, "TRAINING_JOB_ARN": run.record[KIND.arn_key]}
        | run.request.get("Environment", {}),
    )
    container.prepare()
    client = run.cloud.host.client(run.scope, "s3", run.role_arn)
    _enter(run, "Downloading")
    _download_channels(run, container, client)
    _write_configuration(run, container)
    _enter(run, "Training")
    exit_code = run.run_container(container, run.request["StoppingCondition"]["MaxRuntimeInSeconds"])
    _enter(run, "Uploading")
    _upload(run, container, client)
    _end(run, exit_code)
    jobs.settle(run, exit_code, container.written("failure"))


def _download_channels(run: jobs.JobRun, container: Container, client: Any) -> None:
    for channel in run.request.get("InputDataConfig", []):
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        if download_prefix(client, uri, container.path(f"/opt/ml/input/data/{channel['ChannelName']}")) == 0:
            raise jobs.JobFailed(f"ClientError: Data download failed: No S3 objects found under S3 URL {uri}.")


def _write_configuration(run: jobs.JobRun, container: Container) -> None:
    channels = {
        channel["ChannelName"]: {"TrainingInputMode": "File", "ContentType": channel.get("ContentType")}
        for channel in run.request.get("InputDataConfig", [])
    }
    files: dict[str, Members] = {
        "hyperparameters.json": run.request.get("HyperParameters", {}),
        "inputdataconfig.json": channels,
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"},
    }
    for name, content in files.items():
        container.path(f"/opt/ml/input/config/{name}").write_text(json.dumps(content), encoding="utf-8")


def _upload(run: jobs.JobRun, container: Container, client: Any) -> None:
    """Upload /opt/ml/model and /opt/ml/output/data, as SageMaker does even if a job failed or was stopped."""
    base = f"{run.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{run.name}/output"
    model = container.path("/opt/ml/model")
    if any(model.iterdir()):
        upload_archive(client, model, f"{base}/model.tar.gz")
        run.record["ModelArtifacts"] = {"S3ModelArtifacts": f"{base}/model.tar.gz"}
    other = container.path("/opt/ml/output/data")
    if other.is_dir() and any(other.iterdir()):
        upload_archive(client, other, f"{base}/output.tar.gz")


def _secondary_status(exit_code: int) -> str:
    special = {0: "Completed", jobs.STOPPED_BY_REQUEST: "Stopped", jobs.TIMED_OUT: "MaxRuntimeExceeded"}
    return special.get(exit_code, "Failed")


@operation
def describe_training_job(request: Request) -> Members:
    """Return a training job."""
    record = jobs.describe(request, KIND, MISSING)
    return {**DEFAULTS, **record}


@operation
def stop_training_job(request: Request) -> Members:
    """Stop a training job."""
    return jobs.stop_job(request, KIND, MISSING)


@operation
def list_training_jobs(request: Request) -> Members:
    """List training jobs."""
    return jobs.list_jobs(request, KIND, LISTING)
