"""Follow an execution of the training pipeline, live on a terminal and line by line elsewhere."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from sagemaker_mlops.delivery.polling import look_every
from sagemaker_mlops.delivery.target import Target

POLL_SECONDS = 0.4
FINAL = ("Succeeded", "Failed", "Stopped")
STYLES = {"Succeeded": "green", "Failed": "red", "Executing": "yellow", "Starting": "yellow"}


@dataclass(frozen=True)
class StepState:
    """What is known about a step."""

    name: str
    status: str
    started: datetime
    ended: datetime | None
    reason: str
    metadata: dict[str, Any]

    @property
    def seconds(self) -> float:
        """Seconds since it began, or until it ended."""
        return ((self.ended or datetime.now(self.started.tzinfo)) - self.started).total_seconds()


@dataclass(frozen=True)
class ExecutionState:
    """What is known about an execution."""

    arn: str
    status: str
    steps: tuple[StepState, ...]

    @property
    def id(self) -> str:
        """Last part of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def finished(self) -> bool:
        """True once nothing more will happen."""
        return self.status in FINAL

    @property
    def model_package_arn(self) -> str | None:
        """The version that the execution registered, if it did."""
        arns = [step.metadata["RegisterModel"]["Arn"] for step in self.steps if "RegisterModel" in step.metadata]
        return arns[0] if arns else None

    @property
    def reason(self) -> str:
        """Why it failed: the steps' own reasons."""
        return "; ".join(f"{step.name}: {step.reason}" for step in self.steps if step.reason)


def read_execution(target: Target, arn: str) -> ExecutionState:
    """Read an execution and its steps, oldest first."""
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
    """What a failed processing job's container said; SageMaker keeps it apart from its own failure reason."""
    job_arn = entry.get("Metadata", {}).get("ProcessingJob", {}).get("Arn")
    if entry["StepStatus"] != "Failed" or not job_arn:
        return ""
    job = target.client("sagemaker").describe_processing_job(ProcessingJobName=job_arn.rsplit("/", 1)[-1])
    message: str = job.get("ExitMessage", "")
    return message


def states(target: Target, arn: str) -> Iterator[ExecutionState]:
    """Yield the state again and again, the final one last."""
    while True:
        state = read_execution(target, arn)
        yield state
        if state.finished:
            return
        time.sleep(look_every(POLL_SECONDS))


def follow(target: Target, arn: str, console: Console) -> ExecutionState:
    """Show an execution until it ends; returns its final state."""
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
