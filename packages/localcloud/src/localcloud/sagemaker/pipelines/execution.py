"""Execution of a pipeline: a step starts when its dependencies have succeeded.

Independent steps run at the same time.
"""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from threading import Event
from typing import Any

from localcloud.cloud import Cloud
from localcloud.sagemaker.operations import Members
from localcloud.sagemaker.pipelines.definition import Definition
from localcloud.sagemaker.pipelines.retries import retry_for
from localcloud.sagemaker.pipelines.steps import StepFailed, StepRun, StepStopped, read_property_file
from localcloud.sagemaker.pipelines.values import Unresolvable, Values
from localcloud.scope import Scope

KIND = "PipelineExecution"
EXECUTION_EVENT = "SageMaker Model Building Pipeline Execution Status Change"
STEP_EVENT = "SageMaker Model Building Pipeline Execution Step Status Change"
EXECUTING, SUCCEEDED, FAILED, STOPPING, STOPPED = "Executing", "Succeeded", "Failed", "Stopping", "Stopped"
STEP_FAILURE = "Step failure: One or multiple steps failed."
DEFAULT_PARALLEL_STEPS = 50


class Execution:
    """An execution of a pipeline."""

    def __init__(self, cloud: Cloud, scope: Scope, record: Members, definition: Definition, stop: Event) -> None:
        self.cloud, self.scope, self.record, self.definition, self.stop = cloud, scope, record, definition, stop
        self.id: str = record["PipelineExecutionArn"].rsplit("/", 1)[-1]
        self.role_arn: str = record.get("RoleArn", "")
        self.properties: dict[str, Members] = {}
        self.steps: dict[str, Members] = record["Steps"]
        self.values = Values(record["Values"], self._variables(), self.properties.__getitem__, self._property_file)

    def _variables(self) -> dict[str, str]:
        arn: str = self.record["PipelineExecutionArn"]
        return {
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": arn,
            "PipelineName": self.record["PipelineName"],
            "PipelineArn": self.record["PipelineArn"],
            "StartDateTime": str(self.record["CreationTime"]),
            "CurrentDateTime": str(self.cloud.clock.now()),
        }

    def _property_file(self, step: str, name: str) -> str:
        definition, properties = self.definition.steps[step], self.properties[step]
        return read_property_file(self.cloud, self.scope, self.role_arn, definition, properties, name)

    def run(self) -> None:
        """Run the execution to its end and record the result."""
        self._announce(EXECUTING)
        parallel = self.record.get("ParallelismConfiguration", {}).get(
            "MaxParallelExecutionSteps", DEFAULT_PARALLEL_STEPS
        )
        with ThreadPoolExecutor(parallel) as pool:
            running: dict[Future[None], str] = {}
            while True:
                if not self.stop.is_set() and not self._failed():
                    for name in self._ready(set(running.values())):
                        running[pool.submit(copy_context().run, self._run_step, name)] = name
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    running.pop(future)
                    future.result()
        if not self.cloud.stopping.is_set():
            self._finish()

    def _failed(self) -> bool:
        return any(step["StepStatus"] == FAILED for step in self.steps.values())

    def _ready(self, running: set[str]) -> list[str]:
        """Return the steps that can start: dependencies have succeeded, and the branch was taken."""
        return [
            name
            for name, dependencies in self.definition.dependencies.items()
            if name not in self.steps
            and name not in running
            and self._in_taken_branch(name)
            and all(self.steps.get(other, {}).get("StepStatus") == SUCCEEDED for other in dependencies)
        ]

    def _in_taken_branch(self, name: str) -> bool:
        if name not in self.definition.parents:
            return True
        condition, branch = self.definition.parents[name]
        if condition not in self.properties:
            return False
        return branch == ("IfSteps" if self.properties[condition]["Outcome"] else "ElseSteps")

    def _run_step(self, name: str) -> None:
        step = self.definition.steps[name]
        attempt = 1
        while True:
            entry = self._begin(step, attempt)
            reason = self._attempt(step, entry)
            if reason is None:
                return None
            retry = retry_for(step, reason)
            if retry is None or attempt >= retry.maximum_attempts:
                return self._end(entry, FAILED, reason)
            entry["FailureReason"] = reason
            if self.cloud.clock.wait(retry.wait_seconds(attempt), self.stop):
                return self._end(entry, STOPPED)
            attempt += 1

    def _attempt(self, step: dict[str, Any], entry: Members) -> str | None:
        """Run a step once. Return the reason if it failed, otherwise None."""
        run = StepRun(
            self.cloud, self.scope, self.id, self.role_arn, step, self.values, self.stop, entry["Metadata"], self._save
        )
        try:
            self.properties[step["Name"]] = run.run()
        except StepStopped:
            self._end(entry, STOPPED)
        except StepFailed as failure:
            return str(failure)
        except Unresolvable as error:
            return f"ClientError: {error}"
        except Exception as error:
            return f"InternalServerError: {type(error).__name__}: {error}"
        else:
            self._end(entry, SUCCEEDED)
        return None

    def _begin(self, step: dict[str, Any], attempt: int) -> Members:
        name = step["Name"]
        entry = self.steps.setdefault(name, {"StepName": name, "StartTime": self.cloud.clock.now()})
        entry |= {"StepStatus": EXECUTING, "AttemptCount": attempt, "StepType": step["Type"], "Metadata": {}}
        for key in ("DisplayName", "Description"):
            if step.get(key):
                entry[f"Step{key}"] = step[key]
        self._save()
        self._announce_step(entry)
        return entry

    def _end(self, entry: Members, status: str, reason: str | None = None) -> None:
        entry |= {"StepStatus": status, "EndTime": self.cloud.clock.now()}
        entry.pop("FailureReason", None)
        if reason is not None:
            entry["FailureReason"] = reason[:1024]
        if self.cloud.stopping.is_set():
            return  # localcloud is stopping; the next start sets the execution to Failed
        self._save()
        self._announce_step(entry)

    def _finish(self) -> None:
        if self._failed():
            self.record["FailureReason"] = STEP_FAILURE
            status = FAILED
        else:
            status = STOPPED if self.stop.is_set() else SUCCEEDED
        self.record["PipelineExecutionStatus"] = status
        self._save()
        self._announce(status)

    def _save(self) -> None:
        if self.stop.is_set() and self.record["PipelineExecutionStatus"] == EXECUTING:
            self.record["PipelineExecutionStatus"] = STOPPING
        self.record["LastModifiedTime"] = self.cloud.clock.now()
        with suppress(KeyError):  # localcloud was reset
            self.cloud.store.update(self.scope, KIND, self.id, lambda found: found.update(self.record))

    def _announce(self, status: str) -> None:
        detail = {
            "pipelineArn": self.record["PipelineArn"],
            "pipelineExecutionArn": self.record["PipelineExecutionArn"],
            "pipelineExecutionDisplayName": self.record.get("PipelineExecutionDisplayName"),
            "currentPipelineExecutionStatus": status,
            "executionStartTime": self.record["CreationTime"],
        }
        resources = [self.record["PipelineArn"], self.record["PipelineExecutionArn"]]
        self.cloud.host.emit(self.scope, "aws.sagemaker", EXECUTION_EVENT, detail, resources)

    def _announce_step(self, entry: Members) -> None:
        detail = {
            "pipelineArn": self.record["PipelineArn"],
            "pipelineExecutionArn": self.record["PipelineExecutionArn"],
            "stepName": entry["StepName"],
            "stepType": entry["StepType"],
            "currentStepStatus": entry["StepStatus"],
            "failureReason": entry.get("FailureReason"),
            "metadata": entry["Metadata"],
        }
        resources = [self.record["PipelineArn"], self.record["PipelineExecutionArn"]]
        self.cloud.host.emit(self.scope, "aws.sagemaker", STEP_EVENT, detail, resources)


def mark_lost_executions(cloud: Cloud) -> None:
    """Set the executions that were running before a restart to Failed."""
    for scope, name, record in cloud.store.everywhere(KIND):
        if record["PipelineExecutionStatus"] in (EXECUTING, STOPPING):
            for entry in record["Steps"].values():
                if entry["StepStatus"] == EXECUTING:
                    reason = "localcloud was stopped while the step ran"
                    entry |= {"StepStatus": FAILED, "FailureReason": reason, "EndTime": record["LastModifiedTime"]}
            record |= {
                "PipelineExecutionStatus": FAILED,
                "FailureReason": "localcloud was stopped during the execution",
            }
            cloud.store.put(scope, KIND, name, record)
