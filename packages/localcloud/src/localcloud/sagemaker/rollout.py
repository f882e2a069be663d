"""Blue/green deployment: traffic shifts to the new fleet in steps; an alarm rolls it back.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
"""

from collections.abc import Callable
from dataclasses import dataclass

from localcloud.cloud import Cloud
from localcloud.errors import NotInLocalcloud
from localcloud.sagemaker.fleet import Shares
from localcloud.sagemaker.operations import Members
from localcloud.scope import Scope

LOOK_SECONDS = 0.2


class RolledBack(Exception):
    """Deployment that is rolled back. The message is the endpoint's FailureReason."""


@dataclass(frozen=True)
class Rollout:
    """Settings of a blue/green deployment.

    Attributes:
        percents: percentage of the traffic that the new fleet receives after each step.
        wait_seconds: time after each step in which the alarms are checked.
        alarms: names of the alarms.
        termination_wait_seconds: time before the old fleet is ended.
    """

    percents: tuple[int, ...]
    wait_seconds: float
    alarms: tuple[str, ...]
    termination_wait_seconds: float


def plan_rollout(config: Members) -> Rollout:
    """Return the settings of a DeploymentConfig. Without one, all traffic shifts at once.

    Raises:
        NotInLocalcloud: for a rolling update, or for steps in numbers of instances.
    """
    if config.get("RollingUpdatePolicy"):
        raise NotInLocalcloud("RollingUpdatePolicy of endpoints")
    policy = config.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE"})
    alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return Rollout(
        _percents(routing),
        float(routing.get("WaitIntervalInSeconds", 0)),
        tuple(alarm["AlarmName"] for alarm in alarms),
        float(policy.get("TerminationWaitInSeconds", 0)),
    )


def _percents(routing: Members) -> tuple[int, ...]:
    kind = routing["Type"]
    if kind == "ALL_AT_ONCE":
        return (100,)
    size = routing["CanarySize" if kind == "CANARY" else "LinearStepSize"]
    if size["Type"] != "CAPACITY_PERCENT":
        raise NotInLocalcloud(f"{size['Type']} in a traffic routing configuration")
    step = int(size["Value"])
    return (step, 100) if kind == "CANARY" else (*range(step, 100, step), 100)


def shift_traffic(cloud: Cloud, scope: Scope, shares: Shares, rollout: Rollout, tell: Callable[[int], None]) -> None:
    """Shift the traffic to the new fleet step by step.

    Args:
        cloud: the localcloud.
        scope: account and region of the endpoint.
        shares: split of the traffic.
        rollout: settings of the deployment.
        tell: function that is called with the percentage of each step.

    Raises:
        RolledBack: if one of the alarms is in ALARM or does not exist, or if localcloud is stopped.
    """
    _refuse_firing(cloud, scope, rollout.alarms)
    for percent in rollout.percents:
        shares.new_percent = percent
        tell(percent)
        _watch(cloud, scope, rollout)


def _watch(cloud: Cloud, scope: Scope, rollout: Rollout) -> None:
    left = rollout.wait_seconds / cloud.clock.scale
    while True:
        _refuse_firing(cloud, scope, rollout.alarms)
        if cloud.stopping.is_set():
            raise RolledBack("localcloud was stopped in the middle of the deployment")
        if left <= 0:
            return
        cloud.stopping.wait(min(LOOK_SECONDS, left))
        left -= LOOK_SECONDS


def _refuse_firing(cloud: Cloud, scope: Scope, names: tuple[str, ...]) -> None:
    if not names:
        return
    answer = cloud.host.client(scope, "cloudwatch").describe_alarms(
        AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
    firing = sorted(alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM")
    if firing:
        raise RolledBack(
            f"One or more alarms were in ALARM during the deployment, and it was rolled back: {', '.join(firing)}"
        )
    missing = sorted(set(names) - {alarm["AlarmName"] for alarm in alarms})
    if missing:
        raise RolledBack(f"The alarms {', '.join(missing)} of the auto rollback configuration do not exist")
