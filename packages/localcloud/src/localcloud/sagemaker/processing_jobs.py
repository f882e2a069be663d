"""Processing jobs: download inputs from S3, run a container, upload outputs to S3."""

import json

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker import jobs
from localcloud.sagemaker.container import Container
from localcloud.sagemaker.instance_types import refuse_key_with_local_storage, refuse_several
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.references import require_input_data, require_role
from localcloud.sagemaker.s3_files import download_prefix, upload_directory

KIND = jobs.JobKind(
    "ProcessingJob", "processing-job", "/aws/sagemaker/ProcessingJobs", "SageMaker Processing Job State Change"
)
# That NameContains is applied to the page is an assumption; for training jobs it is.
LISTING = KIND.listing("ProcessingEndTime", "FailureReason", "ExitMessage", after_page=("NameContains",))
MISSING = "Could not find requested job with name: {}"
LOCAL_PATHS = "/opt/ml/processing"
DEFAULT_LIMIT_SECONDS = 86400


@operation
def create_processing_job(request: Request) -> Members:
    """Start a processing job."""
    for entry in request.get("ProcessingInputs", []):
        _check_input(entry)
    for entry in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if "S3Output" not in entry:
            raise NotInLocalcloud("processing outputs other than S3Output")
        _check_local_path(entry["S3Output"]["LocalPath"])
    cluster = request["ProcessingResources"]["ClusterConfig"]
    refuse_key_with_local_storage(cluster)
    refuse_several(cluster)
    require_role(request)
    for entry in request.get("ProcessingInputs", []):
        require_input_data(request, entry["S3Input"]["S3Uri"])
    return jobs.start_job(request, KIND, _work)


def _check_input(entry: Members) -> None:
    source = entry.get("S3Input")
    if source is None:
        raise NotInLocalcloud("processing inputs other than S3Input")
    if source.get("S3DataType", "S3Prefix") != "S3Prefix" or source.get("S3InputMode", "File") != "File":
        raise NotInLocalcloud("processing inputs other than S3Prefix in File mode")
    _check_local_path(source["LocalPath"])


def _check_local_path(path: str) -> None:
    if not (path == LOCAL_PATHS or path.startswith(LOCAL_PATHS + "/")):
        raise validation_error(f"LocalPath must be a subdirectory of {LOCAL_PATHS}; found {path}")


def _work(run: jobs.JobRun) -> None:
    application = run.request["AppSpecification"]
    outputs = [entry["S3Output"] for entry in run.request.get("ProcessingOutputConfig", {}).get("Outputs", [])]
    container = Container(
        run.image(application["ImageUri"]),
        run.folder,
        application.get("ContainerEntrypoint", []),
        application.get("ContainerArguments", []),
        run.cloud.host.environment(run.scope, run.role_arn)
        | {"PROCESSING_JOB_ARN": run.record[KIND.arn_key]}
        | run.request.get("Environment", {}),
    )
    container.prepare()
    _write_configuration(run, container)
    client = run.cloud.host.client(run.scope, "s3", run.role_arn)
    for entry in run.request.get("ProcessingInputs", []):
        _download(run, container, client, entry["S3Input"])
    for output in outputs:
        container.path(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
    limit_seconds = run.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_LIMIT_SECONDS)
    exit_code = run.run_container(container, limit_seconds)
    for output in outputs:
        if exit_code == 0 or output["S3UploadMode"] == "Continuous":
            upload_directory(client, container.path(output["LocalPath"]), output["S3Uri"])
    run.record["ExitMessage"] = container.written("message")
    jobs.settle(run, exit_code, container.written("failure"))


def _write_configuration(run: jobs.JobRun, container: Container) -> None:
    directory = container.path("/opt/ml/config")
    (directory / "processingjobconfig.json").write_text(json.dumps(run.record), encoding="utf-8")
    hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
    (directory / "resourceconfig.json").write_text(json.dumps(hosts), encoding="utf-8")


def _download(run: jobs.JobRun, container: Container, client: object, source: Members) -> None:
    if download_prefix(client, source["S3Uri"], container.path(source["LocalPath"])) == 0:
        raise jobs.JobFailed(
            f"ClientError: No S3 objects found under S3 URL '{source['S3Uri']}' given in input data source. "
            f"Please ensure that the bucket exists in the selected region ({run.scope.region}), that objects exist "
            f"under that S3 prefix, and that the role '{run.request['RoleArn']}' has 's3:ListBucket' permissions on it."
        )


@operation
def describe_processing_job(request: Request) -> Members:
    """Return a processing job."""
    return jobs.describe(request, KIND, MISSING.format(request["ProcessingJobName"]))


@operation
def stop_processing_job(request: Request) -> Members:
    """Stop a processing job."""
    return jobs.stop_job(request, KIND, MISSING.format(request["ProcessingJobName"]))


@operation
def list_processing_jobs(request: Request) -> Members:
    """List processing jobs."""
    return jobs.list_jobs(request, KIND, LISTING)
