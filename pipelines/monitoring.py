"""Monitoring pipeline for accounts without Model Monitor: one job, the analyzer, per kind and window."""

from sagemaker.core.processing import Processor
from sagemaker.core.workflow.parameters import Parameter, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.mlops.workflow import Pipeline, ProcessingStep
from sagemaker_mlops.definitions.placeholders import JOB_ROLE_ARN

from pipelines.parts.retries import JOB_RETRIES

LONGEST_RUN_SECONDS = 3300
VOLUME_GIGABYTES = 30
# Environment variables of the analyzer by pipeline parameter. The job definition of Model Monitor sets the same ones.
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
# Output folders of the container, at the paths that SageMaker requires.
CONTAINER_PATHS = {"output_path": "/opt/ml/processing/output", "MONITOR_REASON_DIRECTORY": "/opt/ml/output"}


class MonitoringPipeline:
    """Builder of the monitoring pipeline."""

    def __init__(self, session: PipelineSession) -> None:
        self.session = session

    def build(self) -> Pipeline:
        """Return the pipeline. The schedules set its parameters."""
        image_uri = ParameterString("ImageUri", default_value="none")
        instance_type = ParameterString("InstanceType", default_value="ml.m5.large")
        variable_parameters = {name: ParameterString(name, default_value="none") for name in VARIABLES}
        processor = Processor(
            image_uri=image_uri,
            role=JOB_ROLE_ARN,
            instance_type=instance_type,
            instance_count=1,
            volume_size_in_gb=VOLUME_GIGABYTES,
            max_runtime_in_seconds=LONGEST_RUN_SECONDS,
            entrypoint=["python", "-m", "sagemaker_mlops.monitoring.analyze"],
            env={**{variable: variable_parameters[name] for name, variable in VARIABLES.items()}, **CONTAINER_PATHS},
            sagemaker_session=self.session,
        )
        analyze = ProcessingStep("Analyze", step_args=processor.run(), retry_policies=JOB_RETRIES)
        parameters: list[Parameter] = [image_uri, instance_type, *variable_parameters.values()]
        return Pipeline(
            name="monitoring",
            parameters=parameters,
            steps=[analyze],
            sagemaker_session=self.session,
            pipeline_experiment_config=None,
            pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=False),
        )
