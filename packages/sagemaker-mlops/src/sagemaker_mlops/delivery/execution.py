"""Progress of a training pipeline execution, shown live on a terminal and line by line elsewhere."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from sagemaker_mlops.delivery.target import Target

FINAL = ("Succeeded", "Failed", "Stopped")
STYLES = {"Succeeded": "green", "Failed": "red", "Executing": "yellow", "Starting": "yellow"}


@dataclass(frozen=True)
class StepState:
    """State of one pipeline step."""

    name: str
    status: str
    started: datetime
    ended: datetime | None
    reason: str
    metadata: dict[str, Any]

    @property
    def seconds(self) -> float:
        """Duration of the step in seconds, until now if it has not ended."""
        return ((self.ended or datetime.now(self.started.tzinfo)) - self.started).total_seconds()


@dataclass(frozen=True)
class ExecutionState:
    """State of a pipeline execution."""

    arn: str
    status: str
    steps: tuple[StepState, ...]

    @property
    def id(self) -> str:
        """The execution id, which is the last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def finished(self) -> bool:
        """True once the execution has succeeded, failed or been stopped."""
        return self.status in FINAL

    @property
    def model_package_arn(self) -> str | None:
        """ARN of the model package that the execution registered; None if it registered none."""
        arns = [step.metadata["RegisterModel"]["Arn"] for step in self.steps if "RegisterModel" in step.metadata]
        return arns[0] if arns else None

    @property
    def reason(self) -> str:
        """The failure reasons of the steps, joined."""
        return "; ".join(f"{step.name}: {step.reason}" for step in self.steps if step.reason)


def read_execution(target: Target, arn: str) -> ExecutionState:
    """Return the state of an execution and of its steps, oldest step first."""
    sagemaker = target.client("sagemaker")
    status = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, SortOrder="Ascending"
    )
    steps = [_step(target, entry) for answer in pages for entry in answer["PipelineExecutionSteps"]]
    return ExecutionState(arn, status, tuple(steps))


def _step(target: Target, entry: dict[str, Any]) -> StepState:
    reason = _exit_message(target, entry) or entry.get("FailureReason", "")
    return StepState(
        entry["StepName"],
        entry["StepStatus"],
        entry["StartTime"],
        entry.get("EndTime"),
        reason,
        entry.get("Metadata", {}),
    )


def _exit_message(target: Target, entry: dict[str, Any]) -> str:
    """Return the exit message of a failed processing job; FailureReason of the step does not contain it."""
    job_arn = entry.get("Metadata", {}).get("ProcessingJob", {}).get("Arn")
    if entry["StepStatus"] != "Failed" or not job_arn:
        return ""
    job = target.client("sagemaker").describe_processing_job(ProcessingJobName=job_arn.rsplit("/", 1)[-1])
    message: str = job.get("ExitMessage", "")
    return message


def states(target: Target, arn: str) -> Iterator[ExecutionState]:
    """Poll an execution and yield its state until it has ended; the last state is final."""
    while True:
        state = read_execution(target, arn)
        yield state
        if state.finished:
            return
        time.sleep(target.poll_seconds)


def follow(target: Target, arn: str, console: Console) -> ExecutionState:
    """Show the progress of an execution until it ends, and return its final state."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8) as live:
            for state in states(target, arn):
                live.update(_table(state))
        return state
    shown: dict[str, str] = {}
    for state in states(target, arn):
        for step in state.steps:
            if step.status != shown.get(step.name):
                shown[step.name] = step.status
                seconds = f" after {step.seconds:.1f} s" if step.ended else ""
                console.print(f"  {step.name}: {step.status}{seconds}", highlight=False)
    return state


def _table(state: ExecutionState) -> Table:
    table = Table(title=f"Training {state.id}: {state.status}", title_justify="left")
    for heading in ("step", "status", "seconds"):
        table.add_column(heading)
    for step in state.steps:
        style = STYLES.get(step.status, "")
        table.add_row(step.name, f"[{style}]{step.status}[/]" if style else step.status, f"{step.seconds:.1f}")
    return table
