"""Common parts of processing and training jobs: record, thread, completion and event."""

import subprocess
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from localcloud.children import Child
from localcloud.cloud import Cloud
from localcloud.errors import AwsError, validation_error
from localcloud.images.image_store import Image
from localcloud.log_stream import LogStream
from localcloud.sagemaker.container import Container
from localcloud.sagemaker.listing import ASCENDING, Listing, listed
from localcloud.sagemaker.operations import Members, Request
from localcloud.scope import Scope

IN_PROGRESS, COMPLETED, FAILED, STOPPING, STOPPED = "InProgress", "Completed", "Failed", "Stopping", "Stopped"
FINAL = (COMPLETED, FAILED, STOPPED)
STOPPED_BY_REQUEST = -1
TIMED_OUT = -2


class JobFailed(Exception):
    """Failure of a job. The message is its FailureReason."""


@dataclass(frozen=True)
class JobKind:
    """Names that differ between the kinds of jobs."""

    kind: str
    arn_kind: str
    log_group: str
    event: str

    @property
    def name_key(self) -> str:
        """Member with the name of a job."""
        return f"{self.kind}Name"

    @property
    def status_key(self) -> str:
        """Member with the status of a job."""
        return f"{self.kind}Status"

    @property
    def arn_key(self) -> str:
        """Member with the ARN of a job."""
        return f"{self.kind}Arn"

    @property
    def words(self) -> str:
        """Name of the kind in messages: training job, processing job."""
        return self.arn_kind.replace("-", " ")

    def listing(self, *shown: str, **options: Any) -> Listing:
        """Return the List operation for the jobs of this kind.

        Args:
            *shown: members of a summary, in addition to those that all kinds have.
            **options: further arguments of Listing.
        """
        common = (self.name_key, self.arn_key, self.status_key, "CreationTime", "LastModifiedTime")
        return Listing(
            f"{self.kind}Summaries",
            (*common, *shown),
            self.name_key,
            ASCENDING,
            equal={"StatusEquals": self.status_key, **options.pop("equal", {})},
            sort={"Status": self.status_key},
            **options,
        )


Work = Callable[["JobRun"], None]


@dataclass
class JobRun:
    """A running job."""

    cloud: Cloud
    scope: Scope
    kind: JobKind
    request: Members
    record: Members
    stop: Event

    @property
    def name(self) -> str:
        """Name of the job."""
        return str(self.request[self.kind.name_key])

    @property
    def folder(self) -> Path:
        """Folder of the container. Jobs of another kind, account or region may have the same name."""
        return self.cloud.directory / "jobs" / self.scope.folder / self.kind.arn_kind / self.name

    @property
    def role_arn(self) -> str:
        """Role that the job assumes."""
        return str(self.request["RoleArn"])

    def image(self, uri: str) -> Image:
        """Return the image of the job.

        Raises:
            JobFailed: if the image was not pushed, or the role may not pull it.
        """
        try:
            self.cloud.host.authorize_pull(self.scope, self.role_arn, uri)
        except AwsError as error:
            raise JobFailed(f"ClientError: {error.message}") from None
        image = self.cloud.images.pushed(uri)
        if image is None:
            raise JobFailed(f"ClientError: image {uri} does not exist; build and push it first")
        return image

    def run_container(self, container: Container, limit_seconds: float) -> int:
        """Run the container until it ends, reaches its time limit or is stopped.

        Returns:
            The exit code, TIMED_OUT or STOPPED_BY_REQUEST.

        Raises:
            JobFailed: if the container opened /opt/ml itself.
        """
        logs = LogStream(
            self.cloud.host,
            self.scope,
            self.kind.log_group,
            f"{self.name}/algo-1-{int(self.cloud.clock.now())}",
            self.cloud.directory / "logs" / f"{self.name}.log",
        )
        child = container.start(logs.write, gives_way=True)
        try:
            exit_code = self._wait(child, limit_seconds)
        finally:
            child.stop()
            logs.close()
        if container.hint and exit_code not in (STOPPED_BY_REQUEST, TIMED_OUT):
            raise JobFailed(f"NotInLocalcloud: {container.hint}")
        return exit_code

    def _wait(self, child: Child, limit_seconds: float) -> int:
        waited_seconds, step_seconds = 0.0, 0.05
        while waited_seconds < limit_seconds:
            try:
                return child.wait(step_seconds)
            except subprocess.TimeoutExpired:
                waited_seconds += step_seconds
            if self.stop.is_set() or self.cloud.stopping.is_set():
                return STOPPED_BY_REQUEST
        return TIMED_OUT


_STOP_REQUESTS: dict[tuple[Scope, str, str], Event] = {}


def stop_request(scope: Scope, kind: JobKind, name: str) -> Event:
    """Return the event that is set when a job is to be stopped."""
    return _STOP_REQUESTS.setdefault((scope, kind.kind, name), Event())


def stop_everything() -> None:
    """Stop all jobs, because localcloud is being reset."""
    for event in list(_STOP_REQUESTS.values()):
        event.set()
    _STOP_REQUESTS.clear()


def start_job(request: Request, kind: JobKind, work: Work) -> Members:
    """Record a new job and run it in the background.

    Raises:
        AwsError: ResourceInUse if the name is taken.
    """
    name = request[kind.name_key]
    if request.cloud.store.get(request.scope, kind.kind, name):
        raise AwsError(
            "ResourceInUse",
            "Job name must be unique within an AWS account and region, and a job with this name already exists "
            f"({request.scope.arn(kind.arn_kind, name)})",
        )
    now = request.cloud.clock.now()
    record = {
        **request.members,
        kind.arn_key: request.scope.arn(kind.arn_kind, name),
        kind.status_key: IN_PROGRESS,
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    request.cloud.store.put(request.scope, kind.kind, name, record)
    stop = stop_request(request.scope, kind, name)
    run = JobRun(request.cloud, request.scope, kind, request.members, record, stop)
    request.cloud.host.start_thread(request.scope, _run, run, work)
    return {kind.arn_key: record[kind.arn_key]}


def _run(run: JobRun, work: Work) -> None:
    start_key = run.kind.kind.removesuffix("Job") + "StartTime"
    run.record[start_key] = run.cloud.clock.now()
    started = {start_key: run.record[start_key]}
    with suppress(KeyError):  # localcloud was reset
        run.cloud.store.update(run.scope, run.kind.kind, run.name, lambda found: found.update(started))
    try:
        work(run)
    except JobFailed as failure:
        run.record[run.kind.status_key] = FAILED
        run.record["FailureReason"] = str(failure)[:1024]
    except Exception:
        run.record[run.kind.status_key] = FAILED
        run.record["FailureReason"] = f"InternalServerError: {traceback.format_exc()}"[-1024:]
    finish(run)


def finish(run: JobRun) -> None:
    """Record the end of a job and send the state change event."""
    if run.cloud.stopping.is_set():
        return  # the record remains InProgress; the next start sets it to Failed
    now = run.cloud.clock.now()
    run.record |= {"LastModifiedTime": now, run.kind.kind.removesuffix("Job") + "EndTime": now}
    if not keep(run):
        return
    run.cloud.host.emit(run.scope, "aws.sagemaker", run.kind.event, run.record, [run.record[run.kind.arn_key]])


def keep(run: JobRun) -> bool:
    """Write the record of a job. Return False if localcloud was reset."""
    try:
        run.cloud.store.update(run.scope, run.kind.kind, run.name, lambda found: found.update(run.record))
    except KeyError:
        return False
    return True


def settle(run: JobRun, exit_code: int, reason: str | None) -> None:
    """Set the status of a job from the exit code of its container.

    Args:
        run: the job.
        exit_code: the exit code, TIMED_OUT or STOPPED_BY_REQUEST.
        reason: what the container wrote to /opt/ml/output/failure.

    Raises:
        JobFailed: if the container failed.
    """
    if exit_code in (STOPPED_BY_REQUEST, TIMED_OUT):
        run.record[run.kind.status_key] = STOPPED
    elif exit_code:
        raise JobFailed(f"AlgorithmError: {reason or ''}, exit code: {exit_code}")
    else:
        run.record[run.kind.status_key] = COMPLETED


def describe(request: Request, kind: JobKind, missing: str) -> Members:
    """Return the record of a job.

    Args:
        request: the request with the name of the job.
        kind: kind of the job.
        missing: message for a missing job.

    Raises:
        AwsError: ValidationException if there is no such job.
    """
    record = request.cloud.store.get(request.scope, kind.kind, request[kind.name_key])
    if record is None:
        raise validation_error(missing)
    return record


def stop_job(request: Request, kind: JobKind, missing: str) -> Members:
    """Request a running job to stop.

    Raises:
        AwsError: ValidationException if there is no such job, or if it has ended.
    """
    record = describe(request, kind, missing)
    if record[kind.status_key] in FINAL:
        raise validation_error(
            f"The request was rejected because the {kind.words} is in status {record[kind.status_key]}."
        )
    stop_request(request.scope, kind, request[kind.name_key]).set()

    def mark(current: dict[str, Any]) -> None:
        if current[kind.status_key] == IN_PROGRESS:
            current[kind.status_key] = STOPPING

    request.cloud.store.update(request.scope, kind.kind, request[kind.name_key], mark)
    return {}


def list_jobs(request: Request, kind: JobKind, listing: Listing) -> Members:
    """List the jobs of a kind."""
    return listed(request, listing, request.cloud.store.of_kind(request.scope, kind.kind))


def mark_lost_jobs(cloud: Cloud, kind: JobKind) -> None:
    """Set the jobs that were running before a restart to Failed."""
    for scope, name, record in cloud.store.everywhere(kind.kind):
        if record[kind.status_key] not in FINAL:
            record[kind.status_key] = FAILED
            record["FailureReason"] = "InternalServerError: localcloud was stopped while the job ran"
            cloud.store.put(scope, kind.kind, name, record)
