"""What every stack and construct of an environment is made from. Nothing else is read while they are made."""

from dataclasses import dataclass

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.names import Names, names_of
from sagemaker_mlops.environments.operations import Operations
from sagemaker_mlops.environments.rollout import TrafficPlan, plan_traffic
from sagemaker_mlops.environments.settings import EnvironmentName, Settings


@dataclass(frozen=True)
class Deployment:
    """One environment, with the contract, the operations and the settings of all."""

    settings: Settings
    contract: Contract
    operations: Operations
    name: EnvironmentName

    @property
    def environment(self) -> Environment:
        """The settings of this environment."""
        return self.settings.environments[self.name]

    @property
    def names(self) -> Names:
        """The names of this environment."""
        return names_of(self.settings, self.name)

    @property
    def registry(self) -> Names:
        """The names of the environment whose model registry, archives and images this one uses."""
        return names_of(self.settings, self.settings.registry_environment)

    @property
    def holds_registry(self) -> bool:
        """Whether the model registry is here."""
        return self.name == self.settings.registry_environment

    @property
    def traffic(self) -> TrafficPlan:
        """How traffic moves to a new version here; raises SettingsError if it cannot."""
        return plan_traffic(self.name, self.environment, self.operations.rollout)
