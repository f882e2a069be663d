"""Names of AWS resources, derived from project, environment and account, so that nothing has to be looked up."""

from dataclasses import dataclass

from infra.settings import Settings


@dataclass(frozen=True)
class Names:
    """The names of one environment."""

    project: str
    environment: str
    account: str
    region: str

    def _bucket(self, purpose: str) -> str:
        """Bucket names are shared by the whole world, hence the account in them."""
        return f"{self.project}-{self.environment}-{self.account}-{purpose}"

    @property
    def data_bucket(self) -> str:
        """Training data, one object per month."""
        return self._bucket("data")

    @property
    def artifact_bucket(self) -> str:
        """What trainings produce."""
        return self._bucket("artifacts")

    @property
    def model_package_group(self) -> str:
        """The model's versions."""
        return f"{self.project}-{self.environment}"

    @property
    def training_pipeline(self) -> str:
        """The training pipeline."""
        return f"{self.project}-{self.environment}-training"

    @property
    def pipeline_role(self) -> str:
        """The role of the training pipeline and its jobs."""
        return f"{self.project}-{self.environment}-pipeline"

    @property
    def pipeline_role_arn(self) -> str:
        """ARN of the role of the training pipeline."""
        return f"arn:aws:iam::{self.account}:role/{self.pipeline_role}"

    @property
    def endpoint(self) -> str:
        """The endpoint that applications call; it keeps its name for ever."""
        return f"{self.project}-{self.environment}"

    @property
    def image_repository(self) -> str:
        """The image repository, with its registry."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{self.project}"


def names_of(settings: Settings, environment: str) -> Names:
    """The names of one environment; raises SettingsError if there is none of that name."""
    found = settings.environment(environment)
    return Names(settings.project, environment, found.account, found.region)
