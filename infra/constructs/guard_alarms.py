"""Guard alarms, which roll a release back.

They refer to the endpoint by its name, so they can exist before the endpoint.
"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from sagemaker_mlops.contract.monitors import VARIANT
from sagemaker_mlops.environments.names import GUARDS

from infra.constructs.alarms import described, notify_team
from infra.deployment import Deployment

NAMESPACE = "AWS/SageMaker"
SERVER_ERRORS_PER_MINUTE = 5
MICROSECONDS_PER_MILLISECOND = 1000
# An endpoint under load responds more slowly than a single prediction in the evaluation.
LATENCY_HEADROOM = 4


# A container that hangs, is killed or returns an invalid response causes no 5XX. Only InvocationModelErrors counts it,
# together with every response that is not 2XX. Requests refused with a 4XX are caused by the caller and subtracted.
# Without FILL, a minute in which one of the metrics has no value would have no result.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html, endpoint invocation metrics.
FAILED_REQUESTS = "MAX([FILL(answered5xx, 0), FILL(failed, 0) - FILL(answered4xx, 0)])"
FAILED_REQUEST_METRICS = {
    "answered4xx": "Invocation4XXErrors",
    "answered5xx": "Invocation5XXErrors",
    "failed": "InvocationModelErrors",
}


class GuardAlarms(Construct):
    """Alarms on failed requests and on latency of the variant.

    An alarm fires after two of three minutes, so that one slow minute does not roll a release back.
    """

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        limit = deployment.contract.latency.p99_milliseconds * MICROSECONDS_PER_MILLISECOND * LATENCY_HEADROOM
        server_errors, latency = GUARDS
        self.alarms = [
            self._alarm("ServerErrors", server_errors, failed_requests(deployment), SERVER_ERRORS_PER_MINUTE),
            self._alarm("Latency", latency, endpoint_metric(deployment, "ModelLatency", "p99"), limit),
        ]

    def _alarm(self, construct_id: str, purpose: str, metric: cloudwatch.IMetric, threshold: float) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=self._deployment.names.alarm(purpose),
            alarm_description=described(
                self._deployment, purpose, f"{purpose} of {self._deployment.names.endpoint}; it rolls a release back"
            ),
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify_team(alarm, self._deployment)
        return alarm


def failed_requests(deployment: Deployment) -> cloudwatch.MathExpression:
    """Return the number of requests per minute that the model did not answer, or answered with a 5XX."""
    metrics = {key: endpoint_metric(deployment, name, "Sum") for key, name in FAILED_REQUEST_METRICS.items()}
    return cloudwatch.MathExpression(
        expression=FAILED_REQUESTS, using_metrics=dict(metrics), label="Failed requests", period=Duration.minutes(1)
    )


def endpoint_metric(deployment: Deployment, name: str, statistic: str) -> cloudwatch.Metric:
    """Return a metric that SageMaker publishes for the endpoint's variant."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"EndpointName": deployment.names.endpoint, "VariantName": VARIANT},
        statistic=statistic,
        period=Duration.minutes(1),
    )
