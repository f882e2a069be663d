"""One environment: its four stacks, deployed in this order."""

from aws_cdk import Environment, PermissionsBoundary, Stage, Tags
from constructs import Construct

from infra.deployment import Deployment
from infra.stacks.foundation import FoundationStack
from infra.stacks.monitoring import MonitoringStack
from infra.stacks.serving import ServingStack
from infra.stacks.training import TrainingStack


class EnvironmentStage(Stage):
    """What an environment gets follows from its settings: `trains`, `serves`, `monitored`."""

    def __init__(self, scope: Construct, deployment: Deployment) -> None:
        environment = deployment.environment
        boundary = environment.permissions_boundary
        super().__init__(
            scope,
            deployment.name,
            env=Environment(account=environment.account, region=environment.region),
            permissions_boundary=PermissionsBoundary.from_name(boundary) if boundary else None,
        )
        foundation = FoundationStack(self, "Foundation", deployment)
        if environment.trains:
            TrainingStack(self, "Training", deployment, foundation).add_stack_dependency(foundation)
        if environment.serves:
            ServingStack(self, "Serving", deployment, foundation).add_stack_dependency(foundation)
        MonitoringStack(self, "Monitoring", deployment, foundation).add_stack_dependency(foundation)
        # Tags that change would replace resources that AWS cannot update, so neither commit nor time is among them.
        Tags.of(self).add("project", deployment.settings.project)
        Tags.of(self).add("environment", deployment.name)
