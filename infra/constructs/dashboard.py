"""Dashboard for the person on call: availability, latency, model quality and the functions' errors."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from sagemaker_mlops.contract.monitors import KINDS, LABEL_AGE, LARGEST_DRIFT, QUALITY_SHORTFALL, ROWS, VIOLATED

from infra.constructs.contract_alarms import monitor_metric
from infra.constructs.guard_alarms import MICROSECONDS_PER_MILLISECOND, endpoint_metric
from infra.deployment import Deployment

HALF, FULL, HEIGHT = 12, 24, 6


class Dashboard(Construct):
    """Dashboard with the alarms first, then the endpoint's metrics, then the monitors' metrics."""

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, alarms: Sequence[cloudwatch.IAlarm]
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        rows: list[list[cloudwatch.IWidget]] = [[self._introduction()]]
        if alarms:
            rows.append([cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=FULL, height=3)])
        if deployment.environment.serves:
            rows += [[self._requests(), self._latency()], [self._instances(), self._errors()]]
        if deployment.environment.monitored:
            rows += [[self._contract(), self._drift_and_quality()], [self._labels()]]
        rows.append([self._functions()])
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=deployment.names.dashboard, widgets=rows)

    def _introduction(self) -> cloudwatch.TextWidget:
        names = self._deployment.names
        text = (
            f"# {names.endpoint}\n"
            f"Endpoint `{names.endpoint}` in {names.region}. Which version serves: `mlops versions`. "
            "Roll back: `mlops release ARN --rollback` with an older version."
        )
        return cloudwatch.TextWidget(markdown=text, width=FULL, height=2)

    def _graph(
        self, title: str, metrics: Sequence[cloudwatch.IMetric], limit: cloudwatch.HorizontalAnnotation | None = None
    ) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title=title, left=list(metrics), left_annotations=[limit] if limit else None, width=HALF, height=HEIGHT
        )

    def _endpoint(self, name: str, statistic: str) -> cloudwatch.Metric:
        return endpoint_metric(self._deployment, name, statistic)

    def _requests(self) -> cloudwatch.GraphWidget:
        return self._graph("Requests a minute", [self._endpoint("Invocations", "Sum")])

    def _latency(self) -> cloudwatch.GraphWidget:
        promised = self._deployment.contract.latency.p99_milliseconds
        limit = cloudwatch.HorizontalAnnotation(
            value=promised * MICROSECONDS_PER_MILLISECOND, label=f"promised p99: {promised:g} ms"
        )
        metrics = [self._endpoint("ModelLatency", statistic) for statistic in ("p50", "p99")]
        return self._graph("Latency (microseconds)", [*metrics, self._endpoint("OverheadLatency", "p99")], limit)

    def _errors(self) -> cloudwatch.GraphWidget:
        names = ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
        title = "Errors a minute: clients (4xx), server (5xx), all of them and requests without an answer"
        return self._graph(title, [self._endpoint(name, "Sum") for name in names])

    def _instances(self) -> cloudwatch.GraphWidget:
        return self._graph("Requests per instance and minute", [self._endpoint("InvocationsPerInstance", "Sum")])

    def _contract(self) -> cloudwatch.GraphWidget:
        metrics = [monitor_metric(self._deployment, kind, VIOLATED) for kind in KINDS]
        return self._graph("Contract broken in the window (1: yes)", metrics)

    def _drift_and_quality(self) -> cloudwatch.GraphWidget:
        metrics = [
            monitor_metric(self._deployment, "data-quality", LARGEST_DRIFT),
            monitor_metric(self._deployment, "model-quality", QUALITY_SHORTFALL),
        ]
        effect = self._deployment.contract.drift.minimum_effect
        limit = cloudwatch.HorizontalAnnotation(value=effect, label=f"drift that matters: {effect:g}")
        return self._graph("Largest drift of a column, missing quality", metrics, limit)

    def _labels(self) -> cloudwatch.GraphWidget:
        metrics = [
            monitor_metric(self._deployment, "model-quality", LABEL_AGE),
            monitor_metric(self._deployment, "data-quality", ROWS),
        ]
        return self._graph("Age of the newest label (hours), requests in the window", metrics)

    def _functions(self) -> cloudwatch.GraphWidget:
        functions = ["notify"]
        if self._deployment.environment.trains:
            functions += ["start-training", "reconcile-training"]
        metrics = [
            cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="Errors",
                dimensions_map={"FunctionName": self._deployment.names.function(name)},
                statistic="Sum",
                period=Duration.hours(1),
            )
            for name in functions
        ]
        return self._graph("Errors of the functions an hour", metrics)
