"""What GitHub Actions may do in the account, without any stored key: OpenID Connect with exact subjects."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct
from sagemaker_mlops.environments.names import CDK_QUALIFIER
from sagemaker_mlops.environments.settings import GitHub

from infra.constructs.statements import allow, read_objects, read_with_key_of
from infra.deployment import Deployment

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
MAIN = "ref:refs/heads/main"
# Jobs of main that have the token for GitHub, which only an environment may give them.
DELIVERY = "environment:delivery"
# Whoever may open a pull request may change its workflow: it reads templates, and no data.
PROPOSERS = ("pull_request",)
SESSION_HOURS = 6  # as long as a job on GitHub, which follows a release to its end


def subjects(github: GitHub, *suffixes: str) -> list[str]:
    """Return the exact subjects of the repository's tokens: with immutable ids once they are known, else by name.

    Repositories created, renamed or transferred since 2026-07-15 present the form with ids only. `make github-setup`
    writes the ids into the environments file and switches older repositories over. The form without ids is left out
    then: whoever gets the name after a deletion could present it.

    Source: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/ and
    https://docs.github.com/actions/reference/security/oidc (subject claims).
    """
    return [f"{github.subject_prefix}:{suffix}" for suffix in suffixes]


def reader_suffixes(github: GitHub) -> tuple[str, ...]:
    """Return what may take the read role on: main and, where environments have rules, the jobs of `delivery`.

    Without rules any branch may declare the environment, so it proves nothing there.
    """
    return (MAIN,) if github.deploy_from == "main_branch" else (MAIN, DELIVERY)


class GitHubAccess(Construct):
    """The provider, and roles: for pull requests, for main's jobs that only look, for those that deploy."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment
        github, names = deployment.settings.github, deployment.names
        self._provider_arn = f"arn:aws:iam::{names.account}:oidc-provider/{ISSUER}"
        if github.oidc_provider == "create" and deployment.settings.is_first_of_its_account(deployment.name):
            provider = iam.OidcProviderNative(self, "Provider", url=f"https://{ISSUER}", client_ids=[AUDIENCE])
            self._provider_arn = provider.oidc_provider_arn
        self.read_role = self._role(
            "Read", "github-read", subjects(github, *reader_suffixes(github)), read_statements(deployment)
        )
        self.difference_role = self._role(
            "Difference", "github-difference", subjects(github, *PROPOSERS), difference_statements(deployment)
        )
        deploys = f"environment:{deployment.name}" if github.deploy_from == "environment" else MAIN
        self.deploy_role = self._role(
            "Deploy", "github-deploy", subjects(github, deploys), deploy_statements(deployment)
        )

    def _role(
        self, construct_id: str, purpose: str, allowed: list[str], statements: Sequence[iam.PolicyStatement]
    ) -> iam.Role:
        conditions = {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": allowed}}
        return iam.Role(
            self,
            construct_id,
            role_name=self._deployment.names.role(purpose),
            description=f"GitHub Actions of {self._deployment.settings.github.repository}: {purpose}",
            max_session_duration=Duration.hours(SESSION_HOURS),
            assumed_by=iam.FederatedPrincipal(self._provider_arn, conditions, "sts:AssumeRoleWithWebIdentity"),
            inline_policies={"permissions": iam.PolicyDocument(statements=list(statements), minimize=False)},
        )


def difference_statements(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Read the deployed templates, and nothing else: whoever opens a pull request runs with this role.

    No role of the bootstrap: its lookup role has ReadOnlyAccess, so it reads logs, tables and objects.
    Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html (LookupRole).
    """
    return [_read_stacks(deployment)]


def read_statements(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Compare the deployed stacks with the code, and look at registry, endpoint and trainings."""
    return [
        *difference_statements(deployment),
        _read_bootstrap(deployment),
        *_read_sagemaker(deployment),
        *_read_promotions(deployment),
        *_read_monitors(deployment),
    ]


def deploy_statements(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Deploy through the bootstrap's roles, push images, start trainings, approve nothing."""
    names, registry = deployment.names, deployment.registry
    statements = [
        allow(
            "DeployStacks",
            ["sts:AssumeRole"],
            [names.bootstrap_role_arn(role) for role in ("deploy", "file-publishing", "lookup")],
        ),
        _read_stacks(deployment),
        _read_bootstrap(deployment),
        allow(
            "StampReleases",
            ["sagemaker:UpdateModelPackage"],
            [registry.arn("sagemaker", f"model-package/{registry.model_package_group}/*")],
            {"Null": {"sagemaker:ModelApprovalStatus": "true"}},  # approving is for people
        ),
        *_read_sagemaker(deployment),
    ]
    if deployment.environment.serves:
        statements += _watch_releases(deployment)
    if deployment.environment.trains:
        function = names.arn("lambda", f"function:{names.function('start-training')}")
        statements.append(allow("StartTraining", ["lambda:InvokeFunction"], [function]))
    if deployment.holds_registry:
        push = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:DescribeImages",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ]
        statements.append(allow("PushImage", push, [registry.arn("ecr", f"repository/{registry.repository}")]))
        statements.append(allow("AuthorizePush", ["ecr:GetAuthorizationToken"], ["*"]))
    return statements


def _read_promotions(deployment: Deployment) -> list[iam.PolicyStatement]:
    """What a decision sheet and its report show, and whether a retraining could start."""
    names = deployment.names
    if not deployment.holds_registry:
        return []
    executions = names.arn("sagemaker", f"pipeline/{names.training_pipeline}/execution/*")
    actions = ["sagemaker:DescribePipelineDefinitionForExecution", "sagemaker:ListPipelineParametersForExecution"]
    function = names.arn("lambda", f"function:{names.function('start-training')}")
    return [
        allow("ReadTrainings", actions, [executions]),
        allow("LookAtTrigger", ["lambda:GetFunctionConfiguration"], [function]),
        *read_objects("Evaluations", names.artifact_bucket, "runs/"),
        read_with_key_of(names),
    ]


def _read_monitors(deployment: Deployment) -> list[iam.PolicyStatement]:
    """What broke the contract, for the issue about it."""
    names = deployment.names
    if not deployment.environment.monitored:
        return []
    return [
        # of composite alarms, such as the contract's, nothing is told to whom may not see all alarms
        allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], ["*"]),
        *read_objects("MonitorReports", names.capture_bucket, "monitoring/"),
        read_with_key_of(names, "UseCaptureKey"),
    ]


def _watch_releases(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Look at alarms and metrics, ask the endpoint for records of the evaluation, compare a shadow's answers."""
    names, registry = deployment.names, deployment.registry
    statements = [
        allow("SmokeTest", ["sagemaker:InvokeEndpoint"], [names.arn("sagemaker", f"endpoint/{names.endpoint}")]),
        allow("ReadGuards", ["cloudwatch:DescribeAlarms"], [names.arn("cloudwatch", "alarm:*")]),
        allow("ReadMetrics", ["cloudwatch:GetMetricStatistics"], ["*"]),
        allow(
            "ReadServerLogs",
            ["logs:DescribeLogStreams", "logs:GetLogEvents"],
            [names.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{names.endpoint}:*")],
        ),
        *read_objects("Evaluations", registry.artifact_bucket, "runs/"),
        read_with_key_of(registry),
    ]
    if deployment.environment.endpoint.captured_percent:
        statements += read_objects("Captured", names.capture_bucket, "capture/")
        statements.append(read_with_key_of(names, "UseCaptureKey"))
    return statements


def _read_stacks(deployment: Deployment) -> iam.PolicyStatement:
    """Read what is deployed."""
    names = deployment.names
    return allow(
        "ReadStacks",
        ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
        [names.arn("cloudformation", f"stack/{names.project}-{names.environment}-*")],
    )


def _read_bootstrap(deployment: Deployment) -> iam.PolicyStatement:
    """Read whether the account is bootstrapped."""
    version = deployment.names.arn("ssm", f"parameter/cdk-bootstrap/{CDK_QUALIFIER}/version")
    return allow("ReadBootstrap", ["ssm:GetParameter"], [version])


def _read_sagemaker(deployment: Deployment) -> list[iam.PolicyStatement]:
    names, registry = deployment.names, deployment.registry
    group = registry.model_package_group
    return [
        allow(
            "ReadRegistry",
            ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages", "sagemaker:DescribeModelPackageGroup"],
            [
                registry.arn("sagemaker", f"model-package-group/{group}"),
                registry.arn("sagemaker", f"model-package/{group}/*"),
            ],
        ),
        allow(
            "ReadServing",
            [
                "sagemaker:DescribeEndpoint",
                "sagemaker:DescribeEndpointConfig",
                "sagemaker:DescribeModel",
                "sagemaker:DescribePipelineExecution",
                "sagemaker:ListPipelineExecutionSteps",
            ],
            [
                *(names.arn("sagemaker", f"{kind}/{names.project}*") for kind in ("endpoint", "pipeline")),
                # CloudFormation names them, after their place in the template rather than after the stack
                *(names.arn("sagemaker", f"{kind}/*") for kind in ("endpoint-config", "model")),
            ],
        ),
    ]
