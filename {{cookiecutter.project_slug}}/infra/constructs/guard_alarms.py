"""The alarms that roll a release back. They watch the endpoint by its name, so they exist before it does."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from contract.monitors import VARIANT
from infra.constructs.alarms import notify_people
from infra.deployment import Deployment
from infra.names import GUARDS

NAMESPACE = "AWS/SageMaker"
SERVER_ERRORS_PER_MINUTE = 5
MICROSECONDS_PER_MILLISECOND = 1000
# An endpoint under load answers slower than a single prediction in the evaluation.
LATENCY_HEADROOM = 4


class GuardAlarms(Construct):
    """Server errors and latency, per variant, each two minutes out of three: one slow minute is no reason."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        limit = deployment.contract.latency.p99_milliseconds * MICROSECONDS_PER_MILLISECOND * LATENCY_HEADROOM
        server_errors, latency = GUARDS
        self.alarms = [
            self._alarm("ServerErrors", server_errors, "Invocation5XXErrors", "Sum", SERVER_ERRORS_PER_MINUTE),
            self._alarm("Latency", latency, "ModelLatency", "p99", limit),
        ]

    def _alarm(
        self, construct_id: str, purpose: str, metric_name: str, statistic: str, threshold: float
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=self._deployment.names.alarm(purpose),
            alarm_description=f"{metric_name} of {self._deployment.names.endpoint}: a release under way is rolled back",
            metric=endpoint_metric(self._deployment, metric_name, statistic),
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify_people(alarm, self._deployment)
        return alarm


def endpoint_metric(deployment: Deployment, name: str, statistic: str) -> cloudwatch.Metric:
    """A metric that SageMaker publishes of the endpoint's variant."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"EndpointName": deployment.names.endpoint, "VariantName": VARIANT},
        statistic=statistic,
        period=Duration.minutes(1),
    )
