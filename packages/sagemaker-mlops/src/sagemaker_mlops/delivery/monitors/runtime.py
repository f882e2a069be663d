"""Runtime of the monitors: Model Monitor, or a pipeline that EventBridge Scheduler starts.

Both run the same analyzer with the same role, reports, metrics and alarms. The analyzer keeps its state in S3
(`latest.json` of each kind), so that the next monitoring period begins where the last one ended under either runtime.
"""

from collections.abc import Callable

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.monitors.watch import enable_monitoring
from sagemaker_mlops.delivery.registry import describe_version
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, served_version
from sagemaker_mlops.delivery.settings_edit import set_value
from sagemaker_mlops.delivery.stacks.deploy import deploy
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.environments.settings import settings_file

RUNTIMES = ("model_monitor", "scheduled_pipeline")


def switch_runtime(target: Target, runtime: str, tell: Callable[[str], None]) -> None:
    """Write the runtime into the environments file, deploy the monitoring stack and enable the monitors.

    The call is idempotent: after an error, run it again to finish.

    Raises:
        DeliveryError: The runtime is unknown, the environment is not monitored, or the deployment failed. The file may
            already name the new runtime.
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
        tell(f"{name} is monitored as well; switch it, too: mlops monitor runtime {runtime} -e {name}")


def _switch_on(target: Target, tell: Callable[[str], None]) -> None:
    """Enable the monitors for the served version, or report that the first release will enable them."""
    served = served_version(target)
    if served in (None, UNKNOWN):
        tell(f"{target.name}: no version is known to serve, so the monitors start with the next release")
    elif not enable_monitoring(target, describe_version(target, str(served)), tell):
        raise DeliveryError(f"the monitors of {target.name} are not on, see above")


def _other_monitored(target: Target) -> list[str]:
    return [
        name
        for name, environment in target.settings.environments.items()
        if environment.monitored and name != target.name
    ]
