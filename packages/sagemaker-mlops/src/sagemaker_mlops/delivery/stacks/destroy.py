"""Deletion of an environment's stacks in the order monitoring, serving, training, foundation."""

import time
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.registry import list_versions, released_key
from sagemaker_mlops.delivery.stacks.change_set import Progress
from sagemaker_mlops.delivery.stacks.deployer import deployer_client
from sagemaker_mlops.delivery.stacks.state import find_stack
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import STACKS

OBJECTS_PER_CALL = 1000
RELEASED = released_key("")


def destroy(target: Target, progress: Progress, confirmed: str, *, with_registry: bool = False) -> list[str]:
    """Delete the stacks of an environment, in the reverse order of their deployment.

    Args:
        target: Environment to destroy.
        progress: Called with progress messages.
        confirmed: The endpoint name, as a confirmation.
        with_registry: Delete the model registry even if versions from it were released.

    Returns:
        Descriptions of the resources that are retained; empty unless `retain_data` is set.

    Raises:
        DeliveryError: The confirmation does not match, released versions would be deleted, a training is running, or
            a resource could not be deleted.
    """
    expected = target.names.endpoint
    if confirmed != expected:
        raise DeliveryError(
            f"destroying {target.name} deletes its endpoint and, unless retain_data says otherwise, its data. "
            f"If that is what you want: mlops destroy -e {target.name} --confirm {expected}"
        )
    if not with_registry:
        _refuse_released_versions(target)
    _refuse_running_training(target)
    for capability in reversed(STACKS):
        if find_stack(target, capability) is None:
            continue
        if not target.environment.retain_data:
            _empty(target, capability, progress)
        _delete_with_late_logs(target, capability, progress)
    return _retained(target) if target.environment.retain_data else []


def _refuse_released_versions(target: Target) -> None:
    """Raise DeliveryError if the registry would be deleted although versions from it were released.

    Endpoints read the model archive and the image whenever an instance starts, and need older versions to roll back.
    """
    if target.environment.retain_data or find_stack(target, "training") is None:
        return
    released = sorted(
        {key.removeprefix(RELEASED) for version in list_versions(target) for key in version.metadata if RELEASED in key}
    )
    if target.name == target.settings.registry_environment and released:
        raise DeliveryError(
            f"{target.name} holds the registry from which {', '.join(released)} serves, and retain_data is false: its "
            "versions, archives and images would be deleted. Destroy those first, or set retain_data: true. "
            f"If nothing serves any more: mlops destroy -e {target.name} --confirm {target.names.endpoint} "
            "--with-registry"
        )


def _refuse_running_training(target: Target) -> None:
    if find_stack(target, "training") is None:
        return
    pages = target.client("sagemaker").get_paginator("list_pipeline_executions")
    for answer in pages.paginate(PipelineName=target.names.training_pipeline):
        for execution in answer["PipelineExecutionSummaries"]:
            if execution["PipelineExecutionStatus"] in ("Executing", "Stopping"):
                arn = execution["PipelineExecutionArn"]
                stop = f"mlops train stop {arn} -e {target.name}"
                raise DeliveryError(f"a training is running. Stop it first: {stop}")


def _empty(target: Target, capability: str, progress: Progress) -> None:
    """Empty the buckets or the model package group of a stack, which AWS deletes only when they are empty."""
    names = target.names
    if capability == "training":
        _delete_versions(target, progress)
    if capability == "foundation":
        s3, logged = target.client("s3"), (names.data_bucket, names.artifact_bucket, names.capture_bucket)
        for bucket in logged:
            _stop_access_logs(s3, bucket)
        # Access logs are delivered late, most within a few hours, so their bucket is emptied last.
        for bucket in (*logged, names.access_log_bucket):
            progress(f"emptying {bucket}")
            _empty_bucket(s3, bucket)


def _delete_versions(target: Target, progress: Progress) -> None:
    sagemaker, group = target.client("sagemaker"), target.names.model_package_group
    try:
        pages = list(sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group))
    except ClientError as error:
        if "does not exist" in str(error):
            return
        raise
    for summary in (summary for page in pages for summary in page["ModelPackageSummaryList"]):
        progress(f"deleting {summary['ModelPackageArn']}")
        sagemaker.delete_model_package(ModelPackageName=summary["ModelPackageArn"])


def _stop_access_logs(s3: Any, bucket: str) -> None:
    """Disable access logging of a bucket, so that deletions write no logs into a bucket that must be empty.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html ("best effort server log delivery").
    """
    try:
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _empty_bucket(s3: Any, bucket: str) -> None:
    try:
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return
        raise
    for page in pages:
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]
        for start in range(0, len(keys), OBJECTS_PER_CALL):
            batch = {"Objects": keys[start : start + OBJECTS_PER_CALL], "Quiet": True}
            refused = s3.delete_objects(Bucket=bucket, Delete=batch).get("Errors", [])
            if refused:
                raise DeliveryError(f"{bucket} could not be emptied: {refused[0]['Key']}: {refused[0]['Message']}")


def _delete_with_late_logs(target: Target, capability: str, progress: Progress) -> None:
    """Delete a stack, and retry once if late access logs may have refilled the emptied bucket."""
    stack = target.names.stack(capability)
    try:
        _delete_stack(target, stack, progress)
    except DeliveryError as error:
        if capability != "foundation" or target.environment.retain_data:
            raise
        progress(f"{error}; emptying {target.names.access_log_bucket} again, where access logs arrive late")
        _empty_bucket(target.client("s3"), target.names.access_log_bucket)
        _delete_stack(target, stack, progress)


def _delete_stack(target: Target, stack: str, progress: Progress) -> None:
    client = deployer_client(target, "cloudformation")
    stack_id = client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    progress(f"{stack}: deleting")
    client.delete_stack(StackName=stack, RoleARN=target.names.bootstrap_role_arn("cfn-exec"))
    while True:
        found = client.describe_stacks(StackName=stack_id)["Stacks"][0]
        if found["StackStatus"] == "DELETE_COMPLETE":
            progress(f"{stack}: gone")
            return
        if found["StackStatus"] == "DELETE_FAILED":
            raise DeliveryError(f"{stack} could not be deleted: {_reason(client, stack_id)}")
        time.sleep(target.poll_seconds)


def _reason(client: Any, stack_id: str) -> str:
    events = client.describe_stack_events(StackName=stack_id)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
    return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)


def _retained(target: Target) -> list[str]:
    names = target.names
    retained = [f"bucket {bucket}" for bucket in (names.data_bucket, names.artifact_bucket, names.capture_bucket)]
    retained += [f"bucket {names.access_log_bucket}", f"key {names.key_alias}", f"secret {names.github_secret}"]
    if target.environment.trains:
        retained += [f"model package group {names.model_package_group}", f"table {names.training_ledger}"]
    if target.name == target.settings.registry_environment:
        retained.append(f"image repository {names.repository}")
    return retained
