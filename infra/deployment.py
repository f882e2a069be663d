"""Input of all stacks and constructs of an environment. They read nothing else."""

from dataclasses import dataclass

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.names import Names, names_of
from sagemaker_mlops.environments.operations import Operations
from sagemaker_mlops.environments.rollout import TrafficPlan, plan_traffic
from sagemaker_mlops.environments.settings import EnvironmentName, Settings


@dataclass(frozen=True)
class Deployment:
    """One environment, with the contract, the operations file and the settings of all environments."""

    settings: Settings
    contract: Contract
    operations: Operations
    name: EnvironmentName

    @property
    def environment(self) -> Environment:
        """Settings of this environment."""
        return self.settings.environments[self.name]

    @property
    def names(self) -> Names:
        """Names of this environment."""
        return names_of(self.settings, self.name)

    @property
    def registry(self) -> Names:
        """Names of the environment whose model registry, archives and images this one uses."""
        return names_of(self.settings, self.settings.registry_environment)

    @property
    def holds_registry(self) -> bool:
        """True if this environment has the model registry."""
        return self.name == self.settings.registry_environment

    @property
    def traffic(self) -> TrafficPlan:
        """Plan by which a release moves traffic in this environment.

        Raises:
            SettingsError: if the endpoint does not support the rollout of the operations file.
        """
        return plan_traffic(self.name, self.environment, self.operations.rollout)
