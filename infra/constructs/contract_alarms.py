"""Alarms on what the monitors measure: one per kind, one for all of them, one for a monitor that does not run."""

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

from infra.constructs.alarms import notify_people
from infra.deployment import Deployment

MISSED_WINDOWS = 2
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (EvaluationPeriods)
LONGEST_EVALUATION_HOURS = 7 * 24


def monitor_metric(deployment: Deployment, kind: MonitorKind, name: str) -> cloudwatch.Metric:
    """A metric that the analyzer publishes about one kind of monitor, one value per window."""
    return cloudwatch.Metric(
        namespace=deployment.names.monitoring_namespace,
        metric_name=name,
        dimensions_map={ENDPOINT_DIMENSION: deployment.names.endpoint, KIND_DIMENSION: kind},
        statistic="Maximum",
        period=Duration.hours(deployment.environment.monitoring_window_hours),
    )


def check_evaluation(windows: int, window_hours: int) -> None:
    """Raise SettingsError if an alarm would have to look back further than CloudWatch can."""
    if windows * window_hours > LONGEST_EVALUATION_HOURS:
        raise SettingsError(
            f"operations.yaml, alarms.windows_observed: expected at most {LONGEST_EVALUATION_HOURS // window_hours} "
            f"windows of {window_hours} hours, since CloudWatch looks back one week, found {windows}"
        )


class ContractAlarms(Construct):
    """How many of how many windows must be broken is said in operations.yaml. The alarm of all starts a retraining."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, monitors_run: CfnCondition) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        check_evaluation(deployment.operations.alarms.windows_observed, deployment.environment.monitoring_window_hours)
        self.by_kind = {kind: self._violated(kind) for kind in KINDS}
        self.broken = cloudwatch.CompositeAlarm(
            self,
            "Broken",
            composite_alarm_name=deployment.names.alarm(BROKEN_ALARM),
            alarm_description=f"The model behind {deployment.names.endpoint} broke its contract; see make retrain",
            alarm_rule=cloudwatch.AlarmRule.any_of(*self.by_kind.values()),
        )
        notify_people(self.broken, deployment)
        self.silent = {kind: self._silent(kind, monitors_run) for kind in KINDS}
        self.unlabelled = self._unlabelled()

    def _violated(self, kind: MonitorKind) -> cloudwatch.Alarm:
        alarms = self._deployment.operations.alarms
        return cloudwatch.Alarm(
            self,
            f"Violated-{kind}",
            alarm_name=self._deployment.names.alarm(f"contract-{kind}"),
            alarm_description=f"{kind} broken in {alarms.windows_to_alarm} of {alarms.windows_observed} windows",
            metric=monitor_metric(self._deployment, kind, VIOLATED),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=alarms.windows_observed,
            datapoints_to_alarm=alarms.windows_to_alarm,
            # No window, no verdict: the alarm keeps its state. That windows are missing is the other alarm's matter.
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )

    def _unlabelled(self) -> cloudwatch.Alarm:
        """Labels that never come are nobody's broken contract, and no retraining helps: people are told."""
        hours = labels_missing_after(self._deployment.contract.label.arrives_after_days)
        alarm = cloudwatch.Alarm(
            self,
            "Unlabelled",
            alarm_name=self._deployment.names.alarm("labels-missing"),
            alarm_description=f"Predictions have waited for labels for {hours:g} hours; ask who delivers them",
            metric=monitor_metric(self._deployment, "model-quality", LABEL_AGE),
            threshold=hours,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )
        notify_people(alarm, self._deployment)
        return alarm

    def _silent(self, kind: MonitorKind, monitors_run: CfnCondition) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            f"Silent-{kind}",
            alarm_name=self._deployment.names.alarm(f"monitor-{kind}-silent"),
            alarm_description=f"The {kind} monitor did not finish in {MISSED_WINDOWS} windows; see its logs",
            metric=monitor_metric(self._deployment, kind, COMPLETED),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=MISSED_WINDOWS,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        notify_people(alarm, self._deployment)
        resource = alarm.node.default_child
        if not isinstance(resource, cloudwatch.CfnAlarm):
            raise TypeError("expected the alarm to be a CfnAlarm")
        resource.cfn_options.condition = monitors_run  # before the first release nothing is watched
        return alarm
