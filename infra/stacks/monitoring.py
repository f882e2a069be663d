"""Monitoring stack: monitors, their alarms, the dashboard and the notify function.

A failing monitor never blocks a release.
"""

from aws_cdk import CfnCondition, CfnParameter, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from sagemaker_mlops.environments.names import ENDPOINT_EXISTS_PARAMETER

from infra.constructs.contract_alarms import ContractAlarms
from infra.constructs.dashboard import Dashboard
from infra.constructs.model_monitor import ModelMonitor
from infra.constructs.monitor_role import monitor_role
from infra.constructs.notify import Notify
from infra.constructs.reconcile import reconcile_alarms
from infra.constructs.scheduled_monitors import ScheduledMonitors
from infra.deployment import Deployment
from infra.stacks.foundation import FoundationStack
from infra.stacks.parameters import image_uri_parameter


class MonitoringStack(Stack):
    """Stack of the monitors. It contains no model and no baseline.

    The analyzer looks up the baseline of each version that it finds in the captured requests.
    """

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, foundation: FoundationStack
    ) -> None:
        super().__init__(scope, construct_id, stack_name=deployment.names.stack("monitoring"))
        self._deployment, self._foundation = deployment, foundation
        Notify(self, "Notify", deployment, foundation.key)
        alarms = self._monitors() if deployment.environment.monitored else []
        Dashboard(self, "Dashboard", deployment, alarms)

    def _monitors(self) -> list[cloudwatch.IAlarm]:
        deployment, key_arn = self._deployment, self._foundation.key.key_arn
        image = image_uri_parameter(self, "Image of the analyzer")
        monitors_run = self._monitors_run(image)
        role = monitor_role(self, deployment, key_arn)
        is_model_monitor = deployment.settings.monitoring_runtime == "model_monitor"
        runtime = ModelMonitor if is_model_monitor else ScheduledMonitors
        runtime(
            self,
            runtime.__name__,
            deployment,
            role=role,
            key_arn=key_arn,
            image_uri=image.value_as_string,
            condition=monitors_run,
        )
        alarms = ContractAlarms(self, "Contract", deployment, monitors_run)
        reconcile_alarms(self, deployment, alarms.broken.alarm_name)
        return [alarms.broken, *alarms.by_kind.values(), alarms.unlabelled]

    def _monitors_run(self, image: CfnParameter) -> CfnCondition:
        """Return the condition that both parameters are given.

        They are given once a release was verified and the image of the analyzer is known.
        """
        endpoint_exists = CfnParameter(
            self,
            ENDPOINT_EXISTS_PARAMETER,
            default="false",
            allowed_values=["true", "false"],
            description="true once a release was verified; until then monitoring is off",
        )
        exists = Fn.condition_equals(endpoint_exists.value_as_string, "true")
        has_image = Fn.condition_not(Fn.condition_equals(image.value_as_string, ""))
        return CfnCondition(self, "MonitorsRun", expression=Fn.condition_and(exists, has_image))
