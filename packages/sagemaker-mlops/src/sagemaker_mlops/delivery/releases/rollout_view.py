"""Progress of a rollout: share of each fleet, guard alarms and time left.

On a terminal it is a live table, elsewhere plain lines.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sagemaker_mlops.delivery.releases.guard_alarms import guard_states
from sagemaker_mlops.delivery.releases.serving_state import describe_endpoint
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.rollout import TERMINATION_WAIT_SECONDS, TrafficPlan

REPEAT_SECONDS = 30.0
PHASES = {
    "Creating": "the new fleet starts",
    "ActivatingTraffic": "traffic moves",
    "Baking": "the new fleet is watched",
    "Updating": "the old fleet ends",
    "Deleting": "the old fleet ends",
}
STYLES = {"OK": "green", "ALARM": "bold red"}


@dataclass
class Stage:
    """Progress of a rollout at one moment."""

    phase: str = ""
    new_percent: int = 0
    seconds_left: int | None = None
    alarms: dict[str, str] = field(default_factory=dict)
    is_first: bool = False

    def __str__(self) -> str:
        alarms = ", ".join(f"{guard} {state}" for guard, state in self.alarms.items())
        left = "" if self.seconds_left is None else f"; at most {_minutes(self.seconds_left)} left"
        if self.is_first:
            return "the first fleet starts"
        shares = f"new {self.new_percent} %, old {100 - self.new_percent} %"
        return f"{PHASES.get(self.phase, self.phase)}: {shares}; {alarms}{left}"


class RolloutView:
    """View of a rollout that polls the endpoint and shows changes."""

    def __init__(self, target: Target, traffic: TrafficPlan, console: Console) -> None:
        self._target, self._traffic, self._console = target, traffic, console
        self._bakes: list[datetime] = []
        self._looked = self._told = 0.0
        self._shown = ""
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the live view while the body of the `with` statement runs."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, refresh_per_second=4, transient=True) as self._live:
            yield
        self._live = None

    def look(self) -> None:
        """Poll the endpoint, unless the last poll is too recent, and show the progress."""
        now = time.monotonic()
        if now - self._looked < self._target.poll_seconds:
            return
        self._looked = now
        with suppress(Exception):  # an error of the view must not interrupt the rollout
            self._show(now)

    def _show(self, now: float) -> None:
        endpoint = describe_endpoint(self._target)
        pending = (endpoint or {}).get("PendingDeploymentSummary")
        if pending is None:
            return
        stage = self._stage(pending)
        stage.is_first = (endpoint or {})["EndpointStatus"] == "Creating"
        if self._live is not None:
            self._live.update(self._table(stage))
        else:
            self._tell(stage, now)

    def _tell(self, stage: Stage, now: float) -> None:
        key = f"{stage.phase} {stage.new_percent} {stage.alarms}"
        if key != self._shown or now - self._told > REPEAT_SECONDS:
            self._shown, self._told = key, now
            self._console.print(f"  {stage}", markup=False)

    def _stage(self, pending: dict[str, Any]) -> Stage:
        """Return the stage; the shares are taken from the traffic plan, because SageMaker only reports phases."""
        statuses = [entry for variant in pending.get("ProductionVariants", []) for entry in variant["VariantStatus"]]
        status: dict[str, Any] = statuses[0] if statuses else {"Status": "Creating"}
        phase = status["Status"]
        if phase == "Baking" and status["StartTime"] not in self._bakes:
            self._bakes.append(status["StartTime"])
        percents = self._traffic.percents
        percent = percents[min(len(self._bakes), len(percents)) - 1] if self._bakes else 0
        percent = 100 if phase in ("Updating", "Deleting") else percent
        return Stage(phase, percent, self._seconds_left(phase, status), dict(guard_states(self._target)))

    def _seconds_left(self, phase: str, status: dict[str, Any]) -> int | None:
        if phase == "Creating":
            return None
        if phase in ("Updating", "Deleting"):
            return TERMINATION_WAIT_SECONDS
        steps_left = self._traffic.steps - len(self._bakes)
        passed = datetime.now(status["StartTime"].tzinfo) - status["StartTime"]
        this_step = max(0, self._traffic.bake_seconds - int(passed.total_seconds()))
        return this_step + steps_left * self._traffic.bake_seconds + TERMINATION_WAIT_SECONDS

    def _table(self, stage: Stage) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_row("phase", "the first fleet starts" if stage.is_first else PHASES.get(stage.phase, stage.phase))
        if stage.is_first:
            return table
        for name, percent in (("new fleet", stage.new_percent), ("old fleet", 100 - stage.new_percent)):
            bar = Table.grid(padding=(0, 1))
            bar.add_row(ProgressBar(total=100, completed=percent, width=40), f"{percent} %")
            table.add_row(name, bar)
        for guard, state in stage.alarms.items():
            table.add_row(guard, Text(state, style=STYLES.get(state, "dim")))
        if stage.seconds_left is not None:
            table.add_row("left", f"at most {_minutes(stage.seconds_left)}")
        return table


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d} min"
