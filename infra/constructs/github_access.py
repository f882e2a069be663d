"""Access of GitHub Actions to the account through OpenID Connect, without any stored key."""

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
# Jobs of the main branch that use the GitHub token, which is a secret of this environment.
DELIVERY = "environment:delivery"
# Anyone who can open a pull request can change its workflow, so this role reads templates but no data.
PULL_REQUEST_SUBJECTS = ("pull_request",)
SESSION_HOURS = 6  # the limit of a GitHub job, which waits for a release to end


def subjects(github: GitHub, *suffixes: str) -> list[str]:
    """Return the exact subjects of the repository's tokens, with immutable ids if the settings have them.

    Repositories created, renamed or transferred since 2026-07-15 present only the form with ids. `mlops github setup`
    writes the ids to the environments file and switches older repositories to this form. The form without ids is then
    not trusted: an owner who takes over the name of a deleted repository could present it.

    Source: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/ and
    https://docs.github.com/actions/reference/security/oidc (subject claims).

    Args:
        github: settings of the repository.
        suffixes: last parts of the subjects, such as `ref:refs/heads/main`.
    """
    return [f"{github.subject_prefix}:{suffix}" for suffix in suffixes]


def reader_suffixes(github: GitHub) -> tuple[str, ...]:
    """Return the suffixes of the subjects that may assume the read role.

    These are the main branch and, if environments have protection rules, the jobs of the environment `delivery`.
    Without rules any branch may declare that environment, so it proves nothing.
    """
    return (MAIN,) if github.deploy_from == "main_branch" else (MAIN, DELIVERY)


class GitHubAccess(Construct):
    """OpenID Connect provider and the roles of GitHub Actions.

    There is a role for pull requests, one for jobs of the main branch that only read, and one for jobs that deploy.
    """

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
            "Difference",
            "github-difference",
            subjects(github, *PULL_REQUEST_SUBJECTS),
            difference_statements(deployment),
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
    """Return the permissions to read the deployed templates.

    Anyone who opens a pull request can run code with this role, so it has no other permission. It cannot assume a role
    of the bootstrap, because the lookup role has ReadOnlyAccess and could read logs, tables and objects.

    Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html (LookupRole).
    """
    return [_read_stacks(deployment)]


def read_statements(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Return the permissions to read stacks, registry, endpoint, trainings, decision sheets and reports."""
    return [
        *difference_statements(deployment),
        _read_bootstrap(deployment),
        *_read_sagemaker(deployment),
        *_read_promotions(deployment),
        *_read_monitors(deployment),
    ]


def deploy_statements(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Return the permissions to deploy with the bootstrap's roles, push images and start trainings.

    They do not include approving a version.
    """
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
            {"Null": {"sagemaker:ModelApprovalStatus": "true"}},  # only users may approve a version
        ),
        *_read_sagemaker(deployment),
    ]
    if deployment.environment.serves:
        statements += _check_releases(deployment)
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
    """Return the permissions for decision sheets, and to check whether a retraining could start."""
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
    """Return the permissions to read alarms and monitor reports, for the issue about a broken contract."""
    names = deployment.names
    if not deployment.environment.monitored:
        return []
    return [
        # composite alarms, such as the contract's, are returned only to roles that may describe all alarms
        allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], ["*"]),
        *read_objects("MonitorReports", names.capture_bucket, "monitoring/"),
        read_with_key_of(names, "UseCaptureKey"),
    ]


def _check_releases(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Return the permissions to check a release.

    They cover alarms, metrics, a smoke test with records of the evaluation, and the responses of a shadow variant.
    """
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
    """Return the permission to read what is deployed."""
    names = deployment.names
    return allow(
        "ReadStacks",
        ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
        [names.arn("cloudformation", f"stack/{names.project}-{names.environment}-*")],
    )


def _read_bootstrap(deployment: Deployment) -> iam.PolicyStatement:
    """Return the permission to check whether the account is bootstrapped."""
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
                # CloudFormation generates their names from logical ids, not from the name of the stack
                *(names.arn("sagemaker", f"{kind}/*") for kind in ("endpoint-config", "model")),
            ],
        ),
    ]
