"""How traffic moves to a new version in one environment: as operations.yaml says, where the endpoint allows it."""

from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.operations import Rollout
from sagemaker_mlops.environments.settings import SettingsError

Strategy = Literal["canary", "linear", "all_at_once"]
# SageMaker's limits, except for the longest: SageMaker's is 8 hours, but a workflow's job ends after 6.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
LARGEST_STEP_PERCENT = 50
SMALLEST_LINEAR_STEP_PERCENT = 10
SHORTEST_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS = 600, 20_700
TERMINATION_WAIT_SECONDS = 300
START_SECONDS = 1_800


@dataclass(frozen=True)
class TrafficPlan:
    """What the endpoint's deployment configuration says."""

    strategy: Strategy
    step_percent: int
    bake_seconds: int

    @property
    def percents(self) -> tuple[int, ...]:
        """Share of the new fleet after each move of the traffic."""
        if self.strategy == "linear":
            return (*range(self.step_percent, 100, self.step_percent), 100)
        return (self.step_percent, 100) if self.strategy == "canary" else (100,)

    @property
    def steps(self) -> int:
        """How often traffic moves."""
        return len(self.percents)

    @property
    def timeout_seconds(self) -> int:
        """Time after which SageMaker gives up: instances start, every step is watched, the old ones wait."""
        wanted = START_SECONDS + self.steps * self.bake_seconds + TERMINATION_WAIT_SECONDS
        return min(LONGEST_TIMEOUT_SECONDS, max(SHORTEST_TIMEOUT_SECONDS, wanted))


def plan_traffic(name: str, environment: Environment, rollout: Rollout) -> TrafficPlan:
    """The plan of an environment; raises SettingsError for what SageMaker would refuse or could not do."""
    gradual = environment.endpoint.gradual_rollout and not environment.endpoint.is_serverless
    strategy: Strategy = rollout.strategy if gradual else "all_at_once"
    plan = TrafficPlan(strategy, rollout.step_percent, rollout.bake_minutes * 60)
    if strategy == "all_at_once":
        return plan
    if environment.endpoint.instances[0] < 2:
        raise SettingsError(
            f"environments.{name}.endpoint: the rollout of operations.yaml is {strategy}, which needs "
            "at least two instances, found 1; set minimum_instances: 2, or gradual_rollout: false"
        )
    least = SMALLEST_LINEAR_STEP_PERCENT if strategy == "linear" else 1
    if not least <= plan.step_percent <= LARGEST_STEP_PERCENT:
        raise SettingsError(
            f"operations.yaml, rollout.step_percent: expected {least} to {LARGEST_STEP_PERCENT} for {strategy}, "
            f"found {plan.step_percent}"
        )
    watched = START_SECONDS + plan.steps * plan.bake_seconds + TERMINATION_WAIT_SECONDS
    if watched > LONGEST_TIMEOUT_SECONDS:
        raise SettingsError(
            f"operations.yaml, rollout: {plan.steps} steps of {rollout.bake_minutes} minutes may take longer than "
            f"{LONGEST_TIMEOUT_SECONDS // 60} minutes, and a workflow could not follow them; use larger steps or a "
            "shorter bake"
        )
    return plan
