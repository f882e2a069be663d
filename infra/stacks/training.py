"""Training stack: registry, pipeline and triggers, only in environments that train."""

from aws_cdk import Stack
from constructs import Construct

from infra.constructs.model_registry import ModelRegistry
from infra.constructs.reconcile import reconcile_training
from infra.constructs.start_training import StartTraining
from infra.constructs.training_ledger import TrainingLedger
from infra.constructs.training_pipeline import TrainingPipeline
from infra.constructs.training_triggers import TrainingTriggers
from infra.deployment import Deployment
from infra.stacks.foundation import FoundationStack
from infra.stacks.parameters import image_uri_parameter


class TrainingStack(Stack):
    """Stack of the training registry, pipeline and triggers.

    The image is a parameter, and a deployment that omits it keeps the current image.
    """

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, foundation: FoundationStack
    ) -> None:
        super().__init__(scope, construct_id, stack_name=deployment.names.stack("training"))
        image = image_uri_parameter(self, "Image that trains by itself (schedule, new data, drift); empty: none yet")
        ModelRegistry(self, "Registry", deployment)
        TrainingPipeline(self, "Training", deployment, foundation.pipeline_role, foundation.key.key_arn)
        TrainingLedger(self, "Ledger", deployment, foundation.key)
        starter = StartTraining(self, "Start", deployment, foundation.key.key_arn, image.value_as_string).lambda_
        TrainingTriggers(self, "Triggers", deployment, starter)
        reconcile_training(self, deployment, foundation.key.key_arn)
