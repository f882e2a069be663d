"""Choose what runs the monitors: Model Monitor, or a pipeline that EventBridge Scheduler starts.

Both run the same analyzer, as the same role, with the same reports, metrics and alarms. The analyzer's state is on S3
(`latest.json` of each kind): its next window begins where the last one ended, whatever ran it.
"""

from collections.abc import Callable

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.monitors.watch import watch_endpoint
from sagemaker_mlops.delivery.registry import describe_version
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, served_version
from sagemaker_mlops.delivery.settings_edit import set_value
from sagemaker_mlops.delivery.stacks.deploy import deploy
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.environments.settings import settings_file

RUNTIMES = ("model_monitor", "scheduled_pipeline")


def switch_runtime(target: Target, runtime: str, tell: Callable[[str], None]) -> None:
    """Write the runtime into the environments file, deploy the monitoring stack, switch the monitors on.

    Running it again finishes what was left. Raises DeliveryError; then the file may name the new runtime already.
    """
    if runtime not in RUNTIMES:
        raise DeliveryError(f"expected a runtime of {', '.join(RUNTIMES)}, found {runtime}")
    if not target.environment.monitored:
        raise DeliveryError(f"{target.name} is not monitored; set monitored: true in the environments file first")
    path = settings_file()
    is_changed = set_value(path, "monitoring_runtime", runtime)
    tell(f"{path.name}: monitoring_runtime is {runtime}" + ("; commit this change" if is_changed else " already"))
    changed = target_of(target.name)
    deploy(changed, tell, only="monitoring")
    _switch_on(changed, tell)
    for name in _other_monitored(changed):
        tell(f"{name} is monitored as well; switch it, too: make monitoring-runtime RUNTIME={runtime} ENV={name}")


def _switch_on(target: Target, tell: Callable[[str], None]) -> None:
    """A refused release left the monitors off; before the first release there is nothing to monitor."""
    served = served_version(target)
    if served in (None, UNKNOWN):
        tell(f"{target.name}: no version is known to serve, so the monitors start with the next release")
    elif not watch_endpoint(target, describe_version(target, str(served)), tell):
        raise DeliveryError(f"the monitors of {target.name} are not on, see above")


def _other_monitored(target: Target) -> list[str]:
    return [
        name
        for name, environment in target.settings.environments.items()
        if environment.monitored and name != target.name
    ]
