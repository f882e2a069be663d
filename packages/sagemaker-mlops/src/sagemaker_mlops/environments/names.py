"""Names of AWS resources, derived from project, environment and account, so that nothing has to be looked up.

Only resources that CloudFormation never replaces have a name here: a replacement under the same name fails.
"""

from dataclasses import dataclass

from sagemaker_mlops.environments.settings import Settings

STACKS = ("foundation", "training", "serving", "monitoring")
GUARDS = ("server-errors", "latency")
BROKEN_ALARM = "contract-broken"
PACKAGE_PARAMETER, SHADOW_PARAMETER, GUARDS_PARAMETER = "ModelPackageArn", "ShadowModelPackageArn", "GuardAlarms"
AUTOSCALING_PARAMETER = "Autoscaling"
IMAGE_PARAMETER, ENDPOINT_EXISTS_PARAMETER = "ImageUri", "EndpointExists"
CDK_QUALIFIER = "hnb659fds"
DATA_PREFIX = "data/"  # of the training data, in the data bucket


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

    def _named(self, purpose: str) -> str:
        return f"{self.project}-{self.environment}-{purpose}"

    def _role_arn(self, name: str) -> str:
        return f"arn:aws:iam::{self.account}:role/{name}"

    def stack(self, capability: str) -> str:
        """A CloudFormation stack: foundation, training, serving or monitoring."""
        return self._named(capability)

    @property
    def key_alias(self) -> str:
        """Alias of the KMS key of everything at rest."""
        return f"alias/{self.project}-{self.environment}"

    @property
    def data_bucket(self) -> str:
        """Training data, one object per month."""
        return self._bucket("data")

    @property
    def artifact_bucket(self) -> str:
        """What trainings produce."""
        return self._bucket("artifacts")

    @property
    def capture_bucket(self) -> str:
        """What the endpoint was asked and answered; short-lived."""
        return self._bucket("capture")

    @property
    def access_log_bucket(self) -> str:
        """Who read or wrote the other buckets."""
        return self._bucket("logs")

    @property
    def model_package_group(self) -> str:
        """The model's versions."""
        return f"{self.project}-{self.environment}"

    @property
    def training_pipeline(self) -> str:
        """The training pipeline."""
        return self._named("training")

    @property
    def monitoring_pipeline(self) -> str:
        """The monitoring pipeline, where that is the runtime of the monitors."""
        return self._named("monitoring")

    def role(self, purpose: str) -> str:
        """A role: pipeline, job, endpoint, monitoring, github-difference, -read, -deploy, or a function's name."""
        return self._named(purpose)

    def role_arn(self, purpose: str) -> str:
        """ARN of a role."""
        return self._role_arn(self.role(purpose))

    @property
    def endpoint(self) -> str:
        """The endpoint that applications call; it keeps its name for ever."""
        return f"{self.project}-{self.environment}"

    @property
    def repository(self) -> str:
        """The image repository; there is one, in the account of the registry."""
        return self.project

    @property
    def image_repository(self) -> str:
        """The image repository, with its registry. Meaningful for the environment that holds the registry."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{self.repository}"

    def function(self, purpose: str) -> str:
        """A function: start-training, reconcile or notify."""
        return self._named(purpose)

    @property
    def training_ledger(self) -> str:
        """The table of what wanted a training, and what became of it."""
        return self._named("training-ledger")

    @property
    def github_secret(self) -> str:
        """The secret with which notify starts workflows."""
        return f"{self.project}/{self.environment}/github"

    @property
    def alarm_topic(self) -> str:
        """Where alarms tell people."""
        return self._named("alarms")

    def alarm(self, purpose: str) -> str:
        """A CloudWatch alarm."""
        return self._named(purpose)

    @property
    def dashboard(self) -> str:
        """The CloudWatch dashboard of the person on call."""
        return f"{self.project}-{self.environment}"

    @property
    def monitoring_namespace(self) -> str:
        """CloudWatch namespace of what the monitors measure."""
        return f"{self.project}/monitoring"

    def monitoring_schedule(self, kind: str) -> str:
        """The schedule of one kind of monitor: data-quality, model-quality, bias or explainability."""
        return self._named(kind)

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource of this environment's account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def bootstrap_role_arn(self, purpose: str) -> str:
        """ARN of a role that `cdk bootstrap` made: deploy, lookup, file-publishing or cfn-exec."""
        return self._role_arn(f"cdk-{CDK_QUALIFIER}-{purpose}-role-{self.account}-{self.region}")


def names_of(settings: Settings, environment: str) -> Names:
    """The names of one environment; raises SettingsError if there is none of that name."""
    found = settings.environment(environment)
    return Names(settings.project, environment, found.account, found.region)
