"""Other people's rules: cfn-lint, cdk-nag, checkov, CDK's own validation. What is not followed has a reason."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cdk_nag import AwsSolutionsChecks
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.environments.operations import load_operations

from infra.app import build_app
from tests.stacks.conftest import Templates, synthesize_into
from tests.stacks.settings import CONTRACT, OPERATIONS, settings

ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
# Rule and resource, as cdk-nag names them; a reason each. Wildcards are of names that AWS makes, below our prefixes.
NAG_REASONS = {
    r"AwsSolutions-IAM5\[Resource::arn:aws:s3:::tripwire-[^*]*\*\]": "objects of one bucket, mostly below one prefix",
    r"AwsSolutions-IAM5\[Resource::arn:aws:logs:[^*]*:log-group:/aws/(sagemaker/|lambda/tripwire-)[^*]*\*\]": (
        "log streams are named by AWS"
    ),
    r"AwsSolutions-IAM5\[Resource::arn:aws:sagemaker:[^*]*:(processing|training)-job/pipelines-\*\]": (
        "SageMaker Pipelines names its jobs"
    ),
    r"AwsSolutions-IAM5\[Resource::arn:aws:sagemaker:[^*]*:model-package/tripwire-dev/\*\]": "versions are numbered",
    r"AwsSolutions-IAM5\[Resource::arn:aws:sagemaker:[^*]*:pipeline/tripwire-[^*]*/execution/\*\]": (
        "executions are named by AWS"
    ),
    r"AwsSolutions-IAM5\[Resource::arn:aws:sagemaker:[^*]*:(endpoint|pipeline)/tripwire\*\]": "read-only",
    r"AwsSolutions-IAM5\[Resource::arn:aws:sagemaker:[^*]*:(endpoint-config|model)/\*\]": (
        "read-only; models and configurations are named by CloudFormation"
    ),
    r"AwsSolutions-IAM5\[Resource::arn:aws:cloudformation:[^*]*:stack/tripwire-[^*]*\*\]": "stack ARNs end in an id",
    r"AwsSolutions-IAM5\[Resource::arn:aws:kms:[^*]*:key/\*\]": "narrowed to one key by its alias, in a condition",
    r"AwsSolutions-IAM5\[Resource::arn:aws:cloudwatch:[^*]*:alarm:\*\]": (
        "SageMaker and releases look at guard alarms; read-only"
    ),
    r"AwsSolutions-IAM5\[Resource::\*\]": (
        "authorization tokens, metrics, composite alarms and network interfaces; see the role tests"
    ),
    r"AwsSolutions-SMG4": "the GitHub token is replaced by people; notify uses a new one within a minute",
}
CHECKOV_REASONS = {
    "CKV_AWS_18": "the access-log bucket does not log access to itself",
    "CKV_AWS_27": "encrypted by SQS; a key of ours would have to admit every service that sends",
    "CKV_AWS_51": "the tag `workspace` moves; trainings and releases name digests",
    "CKV_AWS_115": "asynchronous calls a few times an hour; reserving concurrency takes it from the account's others",
    "CKV_AWS_117": "the functions call public AWS and GitHub addresses; in a VPC they would need a NAT gateway",
    "CKV_AWS_158": "logs hold names and ids, no data; CloudWatch encrypts them with its own key",
    "CKV_AWS_173": "the variables are names; the only secret is in Secrets Manager",
}


def test_cfn_lint_finds_nothing(templates: Templates) -> None:
    paths = [str(path) for path in templates.directory.glob("assembly-*/*.template.json")]
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", "eu-west-1", "--ignore-checks", "W3005"]
    result = subprocess.run([*command, "--template", *paths], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_finding_of_cdk_nag_has_a_reason(tmp_path: Path) -> None:
    app = build_app(settings(), load_contract(CONTRACT), load_operations(OPERATIONS), tmp_path)
    found = {violation.rule_name for violation in AwsSolutionsChecks(app).validate_scope(app).violations}
    unexplained = {rule for rule in found if not any(re.fullmatch(reason, rule) for reason in NAG_REASONS)}
    assert unexplained == set()
    unused = [reason for reason in NAG_REASONS if not any(re.fullmatch(reason, rule) for rule in found)]
    assert unused == [], "a reason for nothing hides the next finding"


def test_every_finding_of_checkov_has_a_reason(templates: Templates) -> None:
    command = [str(CHECKOV), "--framework", "cloudformation", "--skip-download", "--quiet", "--output", "json"]
    result = subprocess.run(
        [*command, "--directory", str(templates.directory)], capture_output=True, text=True, check=False
    )
    report = json.loads(result.stdout)
    assert report["summary"]["parsing_errors"] == 0
    found = {check["check_id"] for check in report["results"]["failed_checks"]}
    assert found == set(CHECKOV_REASONS), "unexplained findings, or reasons for nothing"


def test_cdk_validates_every_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow validation against the services' schemas; it raises for a finding."""
    monkeypatch.delenv("CDK_VALIDATION")
    synthesize_into(tmp_path, settings())
