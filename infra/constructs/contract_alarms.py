"""Alarms on the monitors' metrics: one per kind, one for all kinds, and one per kind for missing runs."""

from aws_cdk import CfnCondition, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from sagemaker_mlops.contract.monitors import (
    COMPLETED,
    ENDPOINT_DIMENSION,
    KIND_DIMENSION,
    KINDS,
    LABEL_AGE,
    VIOLATED,
    MonitorKind,
    labels_missing_after,
)
from sagemaker_mlops.environments.names import BROKEN_ALARM
from sagemaker_mlops.environments.settings import SettingsError

from infra.constructs.alarms import described, notify_team
from infra.deployment import Deployment

MISSED_WINDOWS = 2
LABELS_MISSING = "labels-missing"
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (EvaluationPeriods)
LONGEST_EVALUATION_HOURS = 7 * 24


def monitor_metric(deployment: Deployment, kind: MonitorKind, name: str) -> cloudwatch.Metric:
    """Return a metric that the analyzer publishes for one kind of monitor, with one value per window."""
    return cloudwatch.Metric(
        namespace=deployment.names.monitoring_namespace,
        metric_name=name,
        dimensions_map={ENDPOINT_DIMENSION: deployment.names.endpoint, KIND_DIMENSION: kind},
        statistic="Maximum",
        period=Duration.hours(deployment.environment.monitoring_window_hours),
    )


def check_evaluation(windows: int, window_hours: int) -> None:
    """Raise SettingsError if an alarm would evaluate more hours than CloudWatch allows."""
    if windows * window_hours > LONGEST_EVALUATION_HOURS:
        raise SettingsError(
            f"operations.yaml, alarms.windows_observed: expected at most {LONGEST_EVALUATION_HOURS // window_hours} "
            f"windows of {window_hours} hours, since CloudWatch looks back one week, found {windows}"
        )


class ContractAlarms(Construct):
    """Alarms on violations of the contract. The alarm for all kinds starts a retraining.

    The operations file sets how many of how many windows must have a violation.
    """

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, monitors_run: CfnCondition) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        check_evaluation(deployment.operations.alarms.windows_observed, deployment.environment.monitoring_window_hours)
        self.by_kind = {kind: self._violated(kind) for kind in KINDS}
        self.broken = cloudwatch.CompositeAlarm(
            self,
            "Broken",
            composite_alarm_name=deployment.names.alarm(BROKEN_ALARM),
            alarm_description=described(
                deployment, BROKEN_ALARM, f"The model behind {deployment.names.endpoint} broke its contract"
            ),
            alarm_rule=cloudwatch.AlarmRule.any_of(*self.by_kind.values()),
        )
        notify_team(self.broken, deployment)
        self.silent = {kind: self._silent(kind, monitors_run) for kind in KINDS}
        self.unlabelled = self._unlabelled()

    def _violated(self, kind: MonitorKind) -> cloudwatch.Alarm:
        alarms, purpose = self._deployment.operations.alarms, f"contract-{kind}"
        return cloudwatch.Alarm(
            self,
            f"Violated-{kind}",
            alarm_name=self._deployment.names.alarm(purpose),
            alarm_description=described(
                self._deployment,
                purpose,
                f"{kind} violated the contract in {alarms.windows_to_alarm} of {alarms.windows_observed} windows",
            ),
            metric=monitor_metric(self._deployment, kind, VIOLATED),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=alarms.windows_observed,
            datapoints_to_alarm=alarms.windows_to_alarm,
            # Without a window there is no result, so the alarm keeps its state. Another alarm covers missing windows.
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )

    def _unlabelled(self) -> cloudwatch.Alarm:
        """Return an alarm on missing labels.

        Missing labels do not break the contract and retraining cannot fix them, so this alarm only notifies the team.
        """
        hours = labels_missing_after(self._deployment.contract.label.arrives_after_days)
        alarm = cloudwatch.Alarm(
            self,
            "Unlabelled",
            alarm_name=self._deployment.names.alarm(LABELS_MISSING),
            alarm_description=described(
                self._deployment, LABELS_MISSING, f"Predictions have waited for labels for more than {hours:g} hours"
            ),
            metric=monitor_metric(self._deployment, "model-quality", LABEL_AGE),
            threshold=hours,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
        notify_team(alarm, self._deployment)
        return alarm

    def _silent(self, kind: MonitorKind, monitors_run: CfnCondition) -> cloudwatch.Alarm:
        purpose = f"monitor-{kind}-silent"
        alarm = cloudwatch.Alarm(
            self,
            f"Silent-{kind}",
            alarm_name=self._deployment.names.alarm(purpose),
            alarm_description=described(
                self._deployment, purpose, f"The {kind} monitor did not finish in {MISSED_WINDOWS} windows"
            ),
            metric=monitor_metric(self._deployment, kind, COMPLETED),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=MISSED_WINDOWS,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        notify_team(alarm, self._deployment)
        resource = alarm.node.default_child
        if not isinstance(resource, cloudwatch.CfnAlarm):
            raise TypeError("expected the alarm to be a CfnAlarm")
        resource.cfn_options.condition = monitors_run  # there is no monitor before the first release
        return alarm
