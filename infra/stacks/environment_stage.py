"""Stage of one environment, with up to four stacks that are deployed in this order."""

from aws_cdk import Environment, PermissionsBoundary, Stage, Tags
from constructs import Construct

from infra.deployment import Deployment
from infra.stacks.foundation import FoundationStack
from infra.stacks.monitoring import MonitoringStack
from infra.stacks.serving import ServingStack
from infra.stacks.training import TrainingStack


class EnvironmentStage(Stage):
    """Stage of one environment. Its settings `trains`, `serves` and `monitored` decide what it contains."""

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
        # The tags contain neither commit nor time: a changed tag would replace resources that AWS cannot update.
        Tags.of(self).add("project", deployment.settings.project)
        Tags.of(self).add("environment", deployment.name)
