"""Names of AWS resources, derived from project, environment and account.

Only resources that CloudFormation never replaces have a fixed name, because replacing a resource under the same name
fails.
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
DATA_PREFIX = "data/"  # prefix of the training data in the data bucket


@dataclass(frozen=True)
class Names:
    """Names of the AWS resources of one environment."""

    project: str
    environment: str
    account: str
    region: str

    def _bucket(self, purpose: str) -> str:
        """Return a bucket name, which contains the account id because bucket names are globally unique."""
        return f"{self.project}-{self.environment}-{self.account}-{purpose}"

    def _named(self, purpose: str) -> str:
        return f"{self.project}-{self.environment}-{purpose}"

    def _role_arn(self, name: str) -> str:
        return f"arn:aws:iam::{self.account}:role/{name}"

    def stack(self, capability: str) -> str:
        """Return the name of a CloudFormation stack: foundation, training, serving or monitoring."""
        return self._named(capability)

    @property
    def key_alias(self) -> str:
        """Alias of the KMS key that encrypts data at rest."""
        return f"alias/{self.project}-{self.environment}"

    @property
    def data_bucket(self) -> str:
        """Bucket of the training data, with one object per month."""
        return self._bucket("data")

    @property
    def artifact_bucket(self) -> str:
        """Bucket of the artifacts that trainings produce."""
        return self._bucket("artifacts")

    @property
    def capture_bucket(self) -> str:
        """Bucket of the captured requests and responses of the endpoint, which expire."""
        return self._bucket("capture")

    @property
    def access_log_bucket(self) -> str:
        """Bucket of the server access logs of the other buckets."""
        return self._bucket("logs")

    @property
    def model_package_group(self) -> str:
        """Model package group that holds the versions of the model."""
        return f"{self.project}-{self.environment}"

    @property
    def training_pipeline(self) -> str:
        """Name of the training pipeline."""
        return self._named("training")

    @property
    def monitoring_pipeline(self) -> str:
        """Name of the monitoring pipeline, which exists if the monitoring runtime is scheduled_pipeline."""
        return self._named("monitoring")

    def role(self, purpose: str) -> str:
        """Return the name of a role.

        Args:
            purpose: pipeline, job, endpoint, monitoring, github-difference, github-read, github-deploy, or the name of
                a function.
        """
        return self._named(purpose)

    def role_arn(self, purpose: str) -> str:
        """Return the ARN of a role; for `purpose` see `role`."""
        return self._role_arn(self.role(purpose))

    @property
    def endpoint(self) -> str:
        """Name of the endpoint that applications call; it never changes."""
        return f"{self.project}-{self.environment}"

    @property
    def repository(self) -> str:
        """Name of the ECR repository, which exists only in the account that holds the model registry."""
        return self.project

    @property
    def image_repository(self) -> str:
        """URI of the ECR repository; valid only for the environment that holds the model registry."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{self.repository}"

    def function(self, purpose: str) -> str:
        """Return the name of a Lambda function, such as start-training or notify."""
        return self._named(purpose)

    @property
    def training_ledger(self) -> str:
        """DynamoDB table of the ledger, which records the cause of each training and its outcome."""
        return self._named("training-ledger")

    @property
    def github_secret(self) -> str:
        """Secrets Manager secret with the GitHub credentials that the notify function uses to start workflows."""
        return f"{self.project}/{self.environment}/github"

    @property
    def alarm_topic(self) -> str:
        """SNS topic to which alarms send notifications."""
        return self._named("alarms")

    def alarm(self, purpose: str) -> str:
        """Return the name of a CloudWatch alarm."""
        return self._named(purpose)

    @property
    def dashboard(self) -> str:
        """CloudWatch dashboard for the person on call."""
        return f"{self.project}-{self.environment}"

    @property
    def monitoring_namespace(self) -> str:
        """CloudWatch namespace of the metrics that the monitors publish."""
        return f"{self.project}/monitoring"

    def monitoring_schedule(self, kind: str) -> str:
        """Return the schedule name of a kind of monitor: data-quality, model-quality, bias or explainability."""
        return self._named(kind)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this environment's account and region.

        Args:
            service: service prefix, such as sagemaker.
            resource: resource part of the ARN, such as endpoint/NAME.
        """
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def bootstrap_role_arn(self, purpose: str) -> str:
        """Return the ARN of a role that `cdk bootstrap` creates: deploy, lookup, file-publishing or cfn-exec."""
        return self._role_arn(f"cdk-{CDK_QUALIFIER}-{purpose}-role-{self.account}-{self.region}")


def names_of(settings: Settings, environment: str) -> Names:
    """Return the names of an environment's resources.

    Raises:
        SettingsError: if the settings have no environment of that name.
    """
    found = settings.environment(environment)
    return Names(settings.project, environment, found.account, found.region)
