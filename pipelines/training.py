"""Training pipeline, written with the SageMaker Python SDK v3 and compiled by `make compile`.

ValidateData -> PrepareData -> TrainModel -> ScoreChampion -> EvaluateModel -> CheckGates -> RegisterModel | RejectModel
"""

from typing import Any

from sagemaker.core.processing import Processor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import Parameter
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow import ConditionStep, FailStep, Pipeline, ProcessingStep, TrainingStep
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker_mlops.definitions.placeholders import JOB_ROLE_ARN

from pipelines.parts.parameters import (
    PARAMETERS,
    champion_arn,
    champion_baseline_uri,
    champion_image_uri,
    champion_model_uri,
    data_manifest_uri,
    data_uri,
    git_sha,
    image_uri,
    processing_instance_type,
    training_instance_type,
    trigger,
    trigger_id,
    window_end,
    window_start,
)
from pipelines.parts.registration import register_model
from pipelines.parts.retries import JOB_RETRIES
from pipelines.parts.step_io import (
    OUTPUT_DIRECTORY,
    arguments_of,
    input_directory,
    output_uri,
    run_uri,
    step_input,
    step_output,
)

# The stack replaces these with the limits of the environment: sagemaker_mlops/environments/jobs.py.
JOB_LIMIT_SECONDS = 3600
GIGABYTES = 30
# ValidateData and PrepareData download the objects of the manifest by version, to a folder on the job's volume.
WINDOW: dict[str, object] = {
    "data": input_directory("data"),
    "data_uri": data_uri,
    "window_start": window_start,
    "window_end": window_end,
}
TRAIN_ARGUMENTS = ["--train", "/opt/ml/input/data/train", "--model", "/opt/ml/model", "--output", OUTPUT_DIRECTORY]


class EntryPointTrainingStep(TrainingStep):
    """Training step that sets its own entry point, as processing steps do.

    ModelTrainer sets one only together with source code, which it uploads to a path that contains a time.
    """

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of CreateTrainingJob."""
        arguments: dict[str, Any] = super().arguments
        arguments["AlgorithmSpecification"] |= {
            "ContainerEntrypoint": ["python", "-m", "sagemaker_mlops.training.train_model"],
            "ContainerArguments": TRAIN_ARGUMENTS,
        }
        return arguments


class TrainingPipeline:
    """Builder of the training pipeline, which creates each step from the steps before it."""

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
        """Return a processing step that runs one of the library's entry points.

        Args:
            name: name of the step.
            module: module of the entry point in `sagemaker_mlops.training`.
            inputs: inputs of the job; each is also an argument of the entry point.
            outputs: outputs of the job; each is also an argument of the entry point.
            texts: other arguments of the entry point, by name.
            image: parameter of the image that runs the step.
            property_files: files of an output from which later steps read values.
        """
        processor = Processor(
            image_uri=image,
            role=JOB_ROLE_ARN,
            instance_type=processing_instance_type,
            instance_count=1,
            volume_size_in_gb=GIGABYTES,
            max_runtime_in_seconds=JOB_LIMIT_SECONDS,
            entrypoint=["python", "-m", f"sagemaker_mlops.training.{module}"],
            env={"PYTHONUNBUFFERED": "1"},
            sagemaker_session=self.session,
        )
        step_args = processor.run(inputs=inputs, outputs=outputs, arguments=arguments_of(inputs, outputs, texts))
        return ProcessingStep(
            name, step_args=step_args, property_files=property_files or [], retry_policies=JOB_RETRIES
        )

    def validate_data(self) -> ProcessingStep:
        """Return the step that refuses data that violate the contract."""
        return self.processing_step(
            "ValidateData",
            "validate_data",
            inputs=[step_input("manifest", data_manifest_uri), step_input("baseline", champion_baseline_uri)],
            outputs=[step_output("validation", "Continuous"), step_output("profile")],
            texts=WINDOW,
        )

    def prepare_data(self, validated: ProcessingStep) -> ProcessingStep:
        """Return the step that splits the data into training and hold-out rows."""
        return self.processing_step(
            "PrepareData",
            "prepare_data",
            inputs=[
                step_input("manifest", data_manifest_uri),
                step_input("validation", output_uri(validated, "validation")),
            ],
            outputs=[step_output(name) for name in ("train", "holdout", "baseline", "lineage")],
            texts=WINDOW,
        )

    def train_model(self, prepared: ProcessingStep) -> TrainingStep:
        """Return the step that trains the model."""
        trainer = ModelTrainer(
            training_image=image_uri,
            role=JOB_ROLE_ARN,
            sagemaker_session=self.session,
            base_job_name="train-model",
            compute=Compute(instance_type=training_instance_type, instance_count=1, volume_size_in_gb=GIGABYTES),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=JOB_LIMIT_SECONDS),
            output_data_config=OutputDataConfig(s3_output_path=run_uri("model")),
            input_data_config=[InputData(channel_name="train", data_source=output_uri(prepared, "train"))],
        )
        return EntryPointTrainingStep("TrainModel", step_args=trainer.train(), retry_policies=JOB_RETRIES)

    def score_champion(self, prepared: ProcessingStep) -> ProcessingStep:
        """Return the step that scores the hold-out rows with the champion, in the champion's image."""
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
        """Return the step that evaluates the challenger and checks the gates."""
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

    def build(self) -> Pipeline:
        """Return the whole pipeline."""
        gates = PropertyFile(name="Gates", output_name="evaluation", path="gates.json")
        validated = self.validate_data()
        prepared = self.prepare_data(validated)
        trained = self.train_model(prepared)
        scored = self.score_champion(prepared)
        evaluated = self.evaluate_model(prepared, trained, scored, gates)

        def outcome(key: str) -> JsonGet:
            return JsonGet(step_name="EvaluateModel", property_file=gates, json_path=key)

        registered = register_model(self.session, trained, outcome)
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
