"""The calls that services and commands make across accounts and with resource policies, each with its source."""

from collections.abc import Iterator

from sagemaker_mlops.template_checks.policy_evaluation import Call, Context

from tests.stacks.settings import ACCOUNTS, REGION

REGISTRY = ACCOUNTS["dev"]
ARTIFACTS = f"arn:aws:s3:::tripwire-dev-{REGISTRY}-artifacts"
GROUP = f"arn:aws:sagemaker:{REGION}:{REGISTRY}:model-package-group/tripwire-dev"
VERSION = f"arn:aws:sagemaker:{REGION}:{REGISTRY}:model-package/tripwire-dev/7"
IMAGES = f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/tripwire"
REGISTRY_KEY = f"arn:aws:kms:{REGION}:{REGISTRY}:key/EncryptionKey3A692D6E"
CONSUMERS = ("staging", "production")
# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "CreateModel API: execution role permissions"
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def role(environment: str, purpose: str) -> str:
    """Return the ARN of a role of ours."""
    return f"arn:aws:iam::{ACCOUNTS[environment]}:role/tripwire-{environment}-{purpose}"


def deployer(environment: str) -> str:
    """Return the ARN of the bootstrap's role that CloudFormation deploys with; it has AdministratorAccess.

    Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
    """
    account = ACCOUNTS[environment]
    return f"arn:aws:iam::{account}:role/cdk-hnb659fds-cfn-exec-role-{account}-{REGION}"


def cross_account_calls() -> list[Call]:
    """Return what the accounts that serve do with the registry's account."""
    found: list[Call] = []
    for environment in CONSUMERS:
        found += _release(environment)
        found += _serve(environment)
    return [*found, *_monitor("production")]


def _release(environment: str) -> Iterator[Call]:
    """Yield the calls of a release. Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html"""
    for purpose in ("github-deploy", "github-read"):
        caller = role(environment, purpose)
        yield Call(caller, "sagemaker:DescribeModelPackageGroup", GROUP, "mlops versions: is there a registry?")
        yield Call(caller, "sagemaker:ListModelPackages", GROUP, "mlops versions")
        yield Call(caller, "sagemaker:ListModelPackages", VERSION, "the same; the source names the versions")
        yield Call(caller, "sagemaker:DescribeModelPackage", VERSION, "is the version approved?")
    deploy = role(environment, "github-deploy")
    yield Call(deploy, "sagemaker:UpdateModelPackage", VERSION, "a release is stamped")
    yield Call(deploy, "s3:ListBucket", ARTIFACTS, "are the baselines there? (a missing object is 404, not 403)")
    yield Call(deploy, "s3:GetObject", f"{ARTIFACTS}/runs/1/smoke.jsonl", "the records of the smoke test")
    yield Call(deploy, "kms:Decrypt", REGISTRY_KEY, "they are encrypted")
    yield Call(deployer(environment), "sagemaker:CreateModel", VERSION, "CloudFormation makes the model")


def _serve(environment: str) -> Iterator[Call]:
    """Yield the calls of an endpoint's role. Source: see PULL."""
    caller = role(environment, "endpoint")
    for action in PULL:
        yield Call(caller, action, IMAGES, "SageMaker pulls the image")
    yield Call(caller, "s3:ListBucket", ARTIFACTS, "SageMaker looks for the archive")
    yield Call(caller, "s3:GetObject", f"{ARTIFACTS}/runs/1/model.tar.gz", "SageMaker fetches the archive")
    yield Call(caller, "kms:Decrypt", REGISTRY_KEY, "it is encrypted")


def _monitor(environment: str) -> Iterator[Call]:
    """Yield the calls of the analyzer's role."""
    caller = role(environment, "monitoring")
    for action in PULL:
        yield Call(caller, action, IMAGES, "SageMaker pulls the analyzer's image")
    yield Call(caller, "sagemaker:ListModelPackages", GROUP, "which version served?")
    yield Call(caller, "sagemaker:ListModelPackages", VERSION, "the same; the source names the versions")
    yield Call(caller, "sagemaker:DescribeModelPackage", VERSION, "where is its baseline?")
    yield Call(caller, "s3:ListBucket", ARTIFACTS, "is the baseline there?")
    yield Call(caller, "s3:GetObject", f"{ARTIFACTS}/runs/1/baseline.json", "the baseline")
    yield Call(caller, "kms:Decrypt", REGISTRY_KEY, "it is encrypted")


def service_calls(environment: str) -> Iterator[Call]:
    """Yield what AWS services do by themselves in an account, which only a resource policy can allow."""
    account = ACCOUNTS[environment]
    key = f"arn:aws:kms:{REGION}:{account}:key/EncryptionKey3A692D6E"
    topic = f"arn:aws:sns:{REGION}:{account}:tripwire-{environment}-alarms"
    logs = f"arn:aws:s3:::tripwire-{environment}-{account}-logs"
    alarms = "cloudwatch.amazonaws.com"
    # https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger
    yield Call(alarms, "sns:Publish", topic, "an alarm fires", _from(account))
    yield Call(alarms, "kms:Decrypt", key, "the topic is encrypted", _from(account))
    yield Call(alarms, "kms:GenerateDataKey", key, "the topic is encrypted", _from(account))
    for purpose in ("data", "artifacts", "capture"):
        bucket = f"tripwire-{environment}-{account}-{purpose}"
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
        context = _from(account, f"arn:aws:s3:::{bucket}")
        yield Call("logging.s3.amazonaws.com", "s3:PutObject", f"{logs}/{bucket}/1", "access logs", context)


def _from(account: str, source: str = "") -> Context:
    return {"aws:SourceAccount": account, **({"aws:SourceArn": source} if source else {})}


def refused_calls() -> list[Call]:
    """Return what must stay impossible, though both accounts trust each other."""
    endpoint, deploy = role("production", "endpoint"), role("production", "github-deploy")
    insecure: Context = {"aws:SecureTransport": "false"}
    approved: Context = {"sagemaker:ModelApprovalStatus": "Approved"}
    stranger = "arn:aws:iam::999999999999:role/tripwire-production-endpoint"
    archive = f"{ARTIFACTS}/runs/1/model.tar.gz"
    return [
        Call(endpoint, "s3:PutObject", archive, "only trainings write archives"),
        Call(endpoint, "s3:GetObject", f"{ARTIFACTS}/manifests/1.json", "manifests name data"),
        Call(endpoint, "s3:GetObject", f"arn:aws:s3:::tripwire-dev-{REGISTRY}-data/1.csv", "training data stay in dev"),
        Call(endpoint, "s3:GetObject", archive, "without TLS", insecure),
        Call(endpoint, "kms:GenerateDataKey", REGISTRY_KEY, "only the registry's account encrypts"),
        Call(endpoint, "ecr:PutImage", IMAGES, "images come from delivery in dev"),
        Call(deploy, "sagemaker:UpdateModelPackage", VERSION, "approving is for people", approved),
        Call(deploy, "sagemaker:DeleteModelPackage", VERSION, "versions stay"),
        Call(stranger, "s3:GetObject", archive, "an account that the settings do not name"),
        Call(stranger, "kms:Decrypt", REGISTRY_KEY, "an account that the settings do not name"),
        *(
            Call(role(environment, "github-difference"), action, resource, "a stranger's pull request reads no data")
            for environment in ACCOUNTS
            for action, resource in (
                ("sts:AssumeRole", deployer(environment).replace("cfn-exec", "lookup")),
                ("s3:GetObject", f"arn:aws:s3:::tripwire-{environment}-{ACCOUNTS[environment]}-data/1.csv"),
                ("logs:GetLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNTS[environment]}:log-group:/aws/sagemaker/x"),
                ("sagemaker:DescribeModelPackage", VERSION),
            )
        ),
    ]
