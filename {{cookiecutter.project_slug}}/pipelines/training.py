"""The training pipeline, written with the SageMaker Python SDK v3 and compiled by `make compile`.

ValidateData -> PrepareData -> TrainModel -> ScoreChampion -> EvaluateModel -> CheckGates -> RegisterModel | RejectModel
"""

from typing import Any

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    ModelPackageModelCard,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import Parameter, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow import (
    ConditionStep,
    FailStep,
    ModelStep,
    Pipeline,
    ProcessingStep,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
    TrainingStep,
)
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition
from sagemaker.train.model_trainer import ModelTrainer

from pipelines.placeholders import ARTIFACT_BUCKET, DATA_BUCKET, MODEL_PACKAGE_GROUP, ROLE_ARN

NONE = "none"
JOB_LIMIT_SECONDS = 3600
OUTPUT_DIRECTORY = "/opt/ml/output"
GIGABYTES = 30
SERVING_ENVIRONMENT = {"MODEL_DIRECTORY": "/opt/ml/model"}
TRAIN_ARGUMENTS = ["--train", "/opt/ml/input/data/train", "--model", "/opt/ml/model", "--output", OUTPUT_DIRECTORY]

data_uri = ParameterString("DataUri", default_value=f"s3://{DATA_BUCKET}/data/")
data_manifest_uri = ParameterString("DataManifestUri", default_value=f"s3://{ARTIFACT_BUCKET}/manifests/{NONE}.json")
window_start = ParameterString("WindowStart", default_value="2000-01")
window_end = ParameterString("WindowEnd", default_value="2999-12")
image_uri = ParameterString("ImageUri", default_value=NONE)
champion_arn = ParameterString("ChampionModelPackageArn", default_value=NONE)
champion_image_uri = ParameterString("ChampionImageUri", default_value=NONE)
champion_model_uri = ParameterString("ChampionModelUri", default_value=f"s3://{ARTIFACT_BUCKET}/no-champion/")
champion_baseline_uri = ParameterString("ChampionBaselineUri", default_value=f"s3://{ARTIFACT_BUCKET}/no-champion/")
trigger = ParameterString(
    "Trigger", default_value="manual", enum_values=["commit", "schedule", "new-data", "drift", "manual"]
)
trigger_id = ParameterString("TriggerId", default_value=NONE)
git_sha = ParameterString("GitSha", default_value="unknown")
approval_status = ParameterString(
    "ApprovalStatus", default_value="PendingManualApproval", enum_values=["PendingManualApproval", "Approved"]
)
processing_instance_type = ParameterString("ProcessingInstanceType", default_value="ml.m5.large")
training_instance_type = ParameterString("TrainingInstanceType", default_value="ml.m5.large")

PARAMETERS: list[Parameter] = [
    data_uri,
    data_manifest_uri,
    window_start,
    window_end,
    image_uri,
    champion_arn,
    champion_image_uri,
    champion_model_uri,
    champion_baseline_uri,
    trigger,
    trigger_id,
    git_sha,
    approval_status,
    processing_instance_type,
    training_instance_type,
]

SERVICE_RETRIES = [
    StepRetryPolicy(
        [StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        max_attempts=5,
        interval_seconds=5,
        backoff_rate=2.0,
    ),
]
JOB_RETRIES = [
    *SERVICE_RETRIES,
    SageMakerJobStepRetryPolicy(
        failure_reason_types=[
            SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
            SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
        ],
        max_attempts=3,
        interval_seconds=60,
        backoff_rate=2.0,
    ),
]


def run_uri(*parts: str) -> Join:
    """Address of an output of this execution: `s3://<artifacts>/runs/<execution id>/<parts>`."""
    return Join(on="/", values=[f"s3://{ARTIFACT_BUCKET}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])


def input_directory(name: str) -> str:
    """Where a processing job finds an input; the service asks for paths below /opt/ml/processing."""
    return f"/opt/ml/processing/input/{name}"


def output_directory(name: str) -> str:
    """Where a processing job leaves an output."""
    return f"/opt/ml/processing/output/{name}"


def step_input(name: str, uri: object) -> ProcessingInput:
    """An S3 prefix that is copied into the job."""
    source = ProcessingS3Input(
        s3_uri=uri, local_path=input_directory(name), s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=source)


def step_output(name: str, upload: str = "EndOfJob") -> ProcessingOutput:
    """A folder that is copied to `runs/<execution id>/<name>`; `Continuous` uploads it also when the job fails."""
    target = ProcessingS3Output(s3_uri=run_uri(name), local_path=output_directory(name), s3_upload_mode=upload)
    return ProcessingOutput(output_name=name, s3_output=target)


def arguments_of(
    inputs: list[ProcessingInput], outputs: list[ProcessingOutput], texts: dict[str, object]
) -> list[object]:
    """Command-line arguments of a step: every path and every text, named as the step expects them."""
    arguments: list[object] = []
    for entry in inputs:
        arguments += [f"--{entry.input_name.replace('_', '-')}", entry.s3_input.local_path]
    for entry in outputs:
        arguments += [f"--{entry.output_name.replace('_', '-')}", entry.s3_output.local_path]
    for name, value in texts.items():
        arguments += [f"--{name.replace('_', '-')}", value]
    return [*arguments, "--output", OUTPUT_DIRECTORY]


class EntryPointTrainingStep(TrainingStep):
    """A training step that names its own entry point, as processing steps do.

    ModelTrainer sets one only together with source code that it uploads under a path with a time in it.
    """

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of CreateTrainingJob."""
        arguments: dict[str, Any] = super().arguments
        arguments["AlgorithmSpecification"] |= {
            "ContainerEntrypoint": ["python", "-m", "pipelines.steps.train_model"],
            "ContainerArguments": TRAIN_ARGUMENTS,
        }
        return arguments


class RegistrationStep(ModelStep):
    """A registration whose container environment is ours alone.

    ModelBuilder adds variables of AWS's own serving toolkit, among them the region of the compiling machine.
    """

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of CreateModelPackage."""
        arguments: dict[str, Any] = super().arguments
        for container in arguments["InferenceSpecification"]["Containers"]:
            container["Environment"] = SERVING_ENVIRONMENT
        return arguments


class TrainingPipeline:
    """Builds the steps, each from the ones before it."""

    def __init__(self, session: PipelineSession) -> None:
        self.session = session

    def processing_step(
        self,
        name: str,
        module: str,
        *,
        inputs: list[ProcessingInput],
        outputs: list[ProcessingOutput],
        texts: dict[str, object],
        image: Parameter = image_uri,
        property_files: list[PropertyFile] | None = None,
    ) -> ProcessingStep:
        """A processing job that runs one entry point of `pipelines/steps`."""
        processor = Processor(
            image_uri=image,
            role=ROLE_ARN,
            instance_type=processing_instance_type,
            instance_count=1,
            volume_size_in_gb=GIGABYTES,
            max_runtime_in_seconds=JOB_LIMIT_SECONDS,
            entrypoint=["python", "-m", f"pipelines.steps.{module}"],
            env={"PYTHONUNBUFFERED": "1"},
            sagemaker_session=self.session,
        )
        step_args = processor.run(inputs=inputs, outputs=outputs, arguments=arguments_of(inputs, outputs, texts))
        return ProcessingStep(
            name, step_args=step_args, property_files=property_files or [], retry_policies=JOB_RETRIES
        )

    def validate_data(self) -> ProcessingStep:
        """Refuse data that break the contract."""
        return self.processing_step(
            "ValidateData",
            "validate_data",
            inputs=[step_input("data", data_uri), step_input("baseline", champion_baseline_uri)],
            outputs=[step_output("validation", "Continuous"), step_output("profile")],
            texts={"window_start": window_start, "window_end": window_end},
        )

    def prepare_data(self, validated: ProcessingStep) -> ProcessingStep:
        """Split into training and hold-out rows."""
        step = self.processing_step(
            "PrepareData",
            "prepare_data",
            inputs=[step_input("data", data_uri), step_input("manifest", data_manifest_uri)],
            outputs=[step_output(name) for name in ("train", "holdout", "baseline", "lineage")],
            texts={"window_start": window_start, "window_end": window_end},
        )
        step.add_depends_on([validated])
        return step

    def train_model(self, prepared: ProcessingStep) -> TrainingStep:
        """Fit the model."""
        trainer = ModelTrainer(
            training_image=image_uri,
            role=ROLE_ARN,
            sagemaker_session=self.session,
            base_job_name="train-model",
            compute=Compute(instance_type=training_instance_type, instance_count=1, volume_size_in_gb=GIGABYTES),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=JOB_LIMIT_SECONDS),
            output_data_config=OutputDataConfig(s3_output_path=run_uri("model")),
            input_data_config=[InputData(channel_name="train", data_source=output_uri(prepared, "train"))],
        )
        return EntryPointTrainingStep("TrainModel", step_args=trainer.train(), retry_policies=JOB_RETRIES)

    def score_champion(self, prepared: ProcessingStep) -> ProcessingStep:
        """Score the hold-out with the champion, in the champion's image."""
        return self.processing_step(
            "ScoreChampion",
            "score_champion",
            image=champion_image_uri,
            inputs=[step_input("holdout", output_uri(prepared, "holdout")), step_input("model", champion_model_uri)],
            outputs=[step_output("scores")],
            texts={"champion": champion_arn},
        )

    def evaluate_model(
        self, prepared: ProcessingStep, trained: TrainingStep, scored: ProcessingStep, gates: PropertyFile
    ) -> ProcessingStep:
        """Measure the challenger and judge the gates."""
        return self.processing_step(
            "EvaluateModel",
            "evaluate_model",
            inputs=[
                step_input("model", trained.properties.ModelArtifacts.S3ModelArtifacts),
                step_input("holdout", output_uri(prepared, "holdout")),
                step_input("champion_scores", output_uri(scored, "scores")),
                step_input("data_lineage", output_uri(prepared, "lineage")),
            ],
            outputs=[step_output("evaluation"), step_output("baselines")],
            texts={
                "git_sha": git_sha,
                "image": image_uri,
                "champion": champion_arn,
                "trigger": trigger,
                "trigger_id": trigger_id,
                "window_start": window_start,
                "window_end": window_end,
            },
            property_files=[gates],
        )

    def register_model(self, prepared: ProcessingStep, trained: TrainingStep, lineage: dict[str, object]) -> ModelStep:
        """Put the model into the registry, pending approval."""
        metrics, baselines = registry_documents(prepared)
        builder = ModelBuilder(
            s3_model_data_url=trained.properties.ModelArtifacts.S3ModelArtifacts,
            image_uri=image_uri,
            role_arn=ROLE_ARN,
            sagemaker_session=self.session,
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
            customer_metadata_properties=lineage,
            model_card=ModelPackageModelCard(model_card_content=model_card(), model_card_status="Draft"),
        )
        return RegistrationStep("RegisterModel", step_args=step_args, retry_policies=SERVICE_RETRIES)

    def build(self) -> Pipeline:
        """The whole pipeline."""
        gates = PropertyFile(name="Gates", output_name="evaluation", path="gates.json")
        validated = self.validate_data()
        prepared = self.prepare_data(validated)
        trained = self.train_model(prepared)
        scored = self.score_champion(prepared)
        evaluated = self.evaluate_model(prepared, trained, scored, gates)

        def outcome(key: str) -> JsonGet:
            return JsonGet(step_name="EvaluateModel", property_file=gates, json_path=key)

        registered = self.register_model(prepared, trained, lineage_properties(outcome))
        rejected = FailStep(
            "RejectModel", error_message=Join(on=" ", values=["The model was refused:", outcome("reason")])
        )
        check = ConditionStep(
            "CheckGates",
            conditions=[ConditionEquals(left=outcome("passed"), right=True)],
            if_steps=[registered],
            else_steps=[rejected],
        )
        return Pipeline(
            name="training",
            parameters=PARAMETERS,
            steps=[validated, prepared, trained, scored, evaluated, check],
            sagemaker_session=self.session,
            pipeline_experiment_config=None,
            pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=False),
        )


def output_uri(step: ProcessingStep, name: str) -> object:
    """Where a step's output is, as a reference that makes the next step wait for it."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def document(*parts: str) -> MetricsSource:
    """A JSON document of this execution, for the registry."""
    return MetricsSource("application/json", run_uri(*parts))


def registry_documents(prepared: ProcessingStep) -> tuple[ModelMetrics, DriftCheckBaselines]:
    """What was measured, and what the monitors compare with."""
    quality = [document("baselines", "model_quality", f"{kind}.json") for kind in ("statistics", "constraints")]
    data = [document("baseline", f"{kind}.json") for kind in ("statistics", "constraints")]
    bias = document("baselines", "bias", "analysis.json")
    explainability = document("baselines", "explainability", "analysis.json")
    metrics = ModelMetrics(
        model_statistics=quality[0],
        model_constraints=quality[1],
        model_data_statistics=data[0],
        model_data_constraints=data[1],
        bias=bias,
        explainability=explainability,
    )
    baselines = DriftCheckBaselines(
        model_statistics=quality[0],
        model_constraints=quality[1],
        model_data_statistics=data[0],
        model_data_constraints=data[1],
        bias_pre_training_constraints=None,
        bias_post_training_constraints=bias,
        explainability_constraints=explainability,
    )
    return metrics, baselines


def lineage_properties(outcome: object) -> dict[str, object]:
    """The lineage record in short; the whole is in `lineage.json` at `lineage_uri`."""
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
    """The model card: what the registry shows beside the version. Teams complete it in the console or here."""
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
