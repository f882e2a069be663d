"""The monitoring pipeline, for accounts without Model Monitor: one job, the analyzer, once per kind and window."""

from sagemaker.core.processing import Processor
from sagemaker.core.workflow.parameters import Parameter, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.mlops.workflow import Pipeline, ProcessingStep

from pipelines.parts.retries import JOB_RETRIES
from pipelines.placeholders import JOB_ROLE_ARN

LONGEST_RUN_SECONDS = 3300
VOLUME_GIGABYTES = 30
# Variables of the analyzer, by the pipeline's parameter; a Model Monitor job gets the same ones from its definition.
VARIABLES = {
    "MonitorKind": "MONITOR_KIND",
    "EndpointName": "MONITOR_ENDPOINT",
    "CaptureUri": "MONITOR_CAPTURE_URI",
    "LabelsUri": "MONITOR_LABELS_URI",
    "ReportUri": "MONITOR_REPORT_URI",
    "ModelPackageGroup": "MONITOR_MODEL_PACKAGE_GROUP",
    "MetricNamespace": "MONITOR_NAMESPACE",
    "WindowHours": "MONITOR_WINDOW_HOURS",
}
# Where the container finds and leaves things; SageMaker knows these two places.
PLACES = {"output_path": "/opt/ml/processing/output", "MONITOR_REASON_DIRECTORY": "/opt/ml/output"}


class MonitoringPipeline:
    """Builds the pipeline."""

    def __init__(self, session: PipelineSession) -> None:
        self.session = session

    def build(self) -> Pipeline:
        """The whole pipeline: the schedules give every parameter."""
        image_uri = ParameterString("ImageUri", default_value="none")
        instance_type = ParameterString("InstanceType", default_value="ml.m5.large")
        told = {name: ParameterString(name, default_value="none") for name in VARIABLES}
        processor = Processor(
            image_uri=image_uri,
            role=JOB_ROLE_ARN,
            instance_type=instance_type,
            instance_count=1,
            volume_size_in_gb=VOLUME_GIGABYTES,
            max_runtime_in_seconds=LONGEST_RUN_SECONDS,
            entrypoint=["python", "-m", "sagemaker_mlops.monitoring.analyze"],
            env={**{variable: told[name] for name, variable in VARIABLES.items()}, **PLACES},
            sagemaker_session=self.session,
        )
        analyze = ProcessingStep("Analyze", step_args=processor.run(), retry_policies=JOB_RETRIES)
        parameters: list[Parameter] = [image_uri, instance_type, *told.values()]
        return Pipeline(
            name="monitoring",
            parameters=parameters,
            steps=[analyze],
            sagemaker_session=self.session,
            pipeline_experiment_config=None,
            pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=False),
        )
