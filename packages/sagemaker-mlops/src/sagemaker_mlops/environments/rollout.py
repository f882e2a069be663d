"""Traffic plan for the rollout of a new version, from operations.yaml and the endpoint's settings."""

from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.operations import Rollout
from sagemaker_mlops.environments.settings import SettingsError

Strategy = Literal["canary", "linear", "all_at_once"]
# SageMaker's limits, except for the longest timeout: SageMaker allows 8 hours, but a GitHub workflow job ends after 6.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
LARGEST_STEP_PERCENT = 50
SMALLEST_LINEAR_STEP_PERCENT = 10
SHORTEST_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS = 600, 20_700
TERMINATION_WAIT_SECONDS = 300
START_SECONDS = 1_800


@dataclass(frozen=True)
class TrafficPlan:
    """Traffic routing of an endpoint's deployment configuration."""

    strategy: Strategy
    step_percent: int
    bake_seconds: int

    @property
    def percents(self) -> tuple[int, ...]:
        """Percentage of the traffic that the new fleet receives after each step."""
        if self.strategy == "linear":
            return (*range(self.step_percent, 100, self.step_percent), 100)
        return (self.step_percent, 100) if self.strategy == "canary" else (100,)

    @property
    def steps(self) -> int:
        """Number of steps in which traffic moves."""
        return len(self.percents)

    @property
    def timeout_seconds(self) -> int:
        """Seconds after which SageMaker aborts the deployment.

        The sum of the time to start instances, the bake time of every step, and the wait before the old fleet is
        terminated, limited to the allowed range.
        """
        wanted = START_SECONDS + self.steps * self.bake_seconds + TERMINATION_WAIT_SECONDS
        return min(LONGEST_TIMEOUT_SECONDS, max(SHORTEST_TIMEOUT_SECONDS, wanted))


def plan_traffic(name: str, environment: Environment, rollout: Rollout) -> TrafficPlan:
    """Return the traffic plan of an environment.

    The strategy is all_at_once for a serverless endpoint and if `gradual_rollout` is false.

    Args:
        name: name of the environment, for error messages.
        environment: its settings.
        rollout: the rollout settings of operations.yaml.

    Raises:
        SettingsError: if a gradual rollout has fewer than two instances, a step size outside of SageMaker's limits, or
            takes longer than a workflow job.
    """
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
