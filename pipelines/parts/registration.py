"""RegisterModel step: registers the version with its metrics, baselines, lineage and model card."""

from collections.abc import Callable
from typing import Any

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.shapes import ModelPackageModelCard
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow import ModelStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker_mlops.definitions.placeholders import JOB_ROLE_ARN, MODEL_PACKAGE_GROUP

from pipelines.parts.parameters import (
    approval_status,
    champion_arn,
    git_sha,
    image_uri,
    trigger,
    trigger_id,
    window_end,
    window_start,
)
from pipelines.parts.retries import SERVICE_RETRIES
from pipelines.parts.step_io import run_uri

Outcome = Callable[[str], JsonGet]
SERVING_ENVIRONMENT = {"MODEL_DIRECTORY": "/opt/ml/model"}


class RegistrationStep(ModelStep):
    """Registration step whose containers have only the environment variables of this project.

    ModelBuilder adds variables of AWS's own serving toolkit, among them the region of the machine that compiles.
    """

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of CreateModelPackage."""
        arguments: dict[str, Any] = super().arguments
        for container in arguments["InferenceSpecification"]["Containers"]:
            container["Environment"] = SERVING_ENVIRONMENT
        return arguments


def register_model(session: PipelineSession, trained: TrainingStep, outcome: Outcome) -> ModelStep:
    """Return the step that registers the model, by default with pending approval.

    Args:
        session: offline session.
        trained: step that trains the model.
        outcome: returns a reference to a value of `gates.json`, which EvaluateModel writes.
    """
    metrics, baselines = registry_documents()
    builder = ModelBuilder(
        s3_model_data_url=trained.properties.ModelArtifacts.S3ModelArtifacts,
        image_uri=image_uri,
        role_arn=JOB_ROLE_ARN,
        sagemaker_session=session,
    )
    step_args = builder.register(
        model_package_group_name=MODEL_PACKAGE_GROUP,
        content_types=["application/json", "application/jsonlines", "text/csv"],
        response_types=["application/json", "application/jsonlines", "text/csv"],
        inference_instances=["ml.m5.large", "ml.m5.xlarge", "ml.c5.large", "ml.c5.xlarge"],
        transform_instances=["ml.m5.large"],
        approval_status=approval_status,
        model_metrics=metrics,
        drift_check_baselines=baselines,
        customer_metadata_properties=lineage_properties(outcome),
        model_card=ModelPackageModelCard(model_card_content=model_card(), model_card_status="Draft"),
    )
    return RegistrationStep("RegisterModel", step_args=step_args, retry_policies=SERVICE_RETRIES)


def document(*parts: str) -> MetricsSource:
    """Return a JSON document of this execution for the registry."""
    return MetricsSource("application/json", run_uri(*parts))


def registry_documents() -> tuple[ModelMetrics, DriftCheckBaselines]:
    """Return the metrics of the model and the baselines of the monitors.

    Both refer to the same documents.
    """
    shared = {
        "model_statistics": document("baselines", "model_quality", "statistics.json"),
        "model_constraints": document("baselines", "model_quality", "constraints.json"),
        "model_data_statistics": document("baseline", "statistics.json"),
        "model_data_constraints": document("baseline", "constraints.json"),
    }
    bias = document("baselines", "bias", "analysis.json")
    explainability = document("baselines", "explainability", "analysis.json")
    metrics = ModelMetrics(**shared, bias=bias, explainability=explainability)
    baselines = DriftCheckBaselines(
        **shared, bias_post_training_constraints=bias, explainability_constraints=explainability
    )
    return metrics, baselines


def lineage_properties(outcome: Outcome) -> dict[str, object]:
    """Return a summary of the lineage. The full record is in `lineage.json` at `lineage_uri`."""
    return {
        "git_sha": git_sha,
        "data_sha256": outcome("data_sha256"),
        "contract_sha256": outcome("contract_sha256"),
        "window_start": window_start,
        "window_end": window_end,
        "parent_model": champion_arn,
        "trigger": trigger,
        "trigger_id": trigger_id,
        "execution_id": ExecutionVariables.PIPELINE_EXECUTION_ID,
        "lineage_uri": run_uri("evaluation", "lineage.json"),
    }


def model_card() -> Join:
    """Return the model card that the registry shows with the version.

    Teams complete it in the console or here.
    """
    details = {
        "code": git_sha,
        "image": image_uri,
        "window": Join(on=" to ", values=[window_start, window_end]),
        "parent model": champion_arn,
        "cause": trigger,
        "lineage": run_uri("evaluation", "lineage.json"),
        "evaluation": run_uri("evaluation", "evaluation.json"),
    }
    parts: list[object] = ['{"additional_information":{"custom_details":{']
    for position, (name, value) in enumerate(details.items()):
        parts += [f'{"," if position else ""}"{name}":"', value, '"']
    return Join(on="", values=[*parts, "}}}"])
