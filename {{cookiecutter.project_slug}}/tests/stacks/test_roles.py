"""What each role may do, and which call needs it. A statement that goes, or a new one, fails the test of its role."""

import json
from pathlib import Path

import pytest

from tests.stacks.conftest import Templates, role, statements_of

TRIPWIRE = Path(__file__).with_name("permissions.json")
READ_WRITE_LOG = {
    "UseKey": "S3 objects are encrypted with the environment's key",
    "EncryptVolumes": "volumes are encrypted with the environment's key",
    "PullImage": "the container's image, from the registry's account",
    "AuthorizePull": "ecr:GetAuthorizationToken, before any pull",
    "WriteLogs": "the container's output",
    "PutMetrics": "metrics of instances, or of what was measured",
}
FUNCTION = {
    "WriteLogs": "the function's log group, which the stack made",
    "KeepDeadLetters": "Lambda sends an event that failed for good with the function's own role",
}
NEEDED: dict[tuple[str, str, str], dict[str, str]] = {
    ("dev", "foundation", "job"): {
        **READ_WRITE_LOG,
        "ReadData": "ValidateData and PrepareData fetch the manifest's objects by version",
        "ListArtifacts": "SageMaker lists the outputs of the steps before",
        "ReadArtifacts": "SageMaker copies the outputs of the steps before",
        "WriteArtifacts": "SageMaker uploads a step's outputs",
    },
    ("dev", "foundation", "pipeline"): {
        "RunProcessingJobs": "a processing step begins",
        "RunTrainingJobs": "the training step begins",
        "FollowProcessingJobs": "the pipeline waits for a step",
        "FollowTrainingJobs": "the pipeline waits for a step",
        "StopJobs": "an execution is stopped: mlops train stop",
        "TagJobs": "SageMaker tags the jobs of an execution with its ARN",
        "PassJobRole": "the jobs run as another role",
        "RegisterModel": "RegisterModel makes a version",
        "ReadImage": "assumed: RegisterModel resolves the image's digest as the pipeline's role",
        "ReadVerdicts": "Std:JsonGet reads gates.json",
        "UseKey": "gates.json is encrypted",
        "EncryptVolumes": "who makes a job with an encrypted volume needs the grant too",
    },
    ("production", "foundation", "endpoint"): {
        **READ_WRITE_LOG,
        "ListModel": "SageMaker looks for the archive",
        "ReadModel": "SageMaker fetches the archive from the registry's account",
        "UseRegistryKey": "the archive is encrypted with the registry's key",
        "WriteCapture": "captured requests",
        "WatchGuards": "SageMaker looks at the guard alarms with the endpoint's role",
    },
    ("production", "monitoring", "monitoring"): {
        **READ_WRITE_LOG,
        "ListCapture": "the analyzer looks for captured requests and labels",
        "ReadCapture": "the analyzer reads captured requests and labels",
        "WriteReports": "the analyzer's reports",
        "ListBaselines": "the analyzer looks for a version's baseline",
        "ReadBaselines": "the analyzer reads a version's baseline",
        "UseRegistryKey": "baselines are encrypted with the registry's key",
        "FindBaselines": "the registry knows where a version's baseline is",
    },
    ("dev", "training", "start-training"): {
        **FUNCTION,
        "KeepLedger": "every cause is entered and settled",
        "StartPipeline": "a training starts; is one running?",
        "ReadExecutions": "is the newest start still running? which data had the last success?",
        "FindChampion": "the version that production serves",
        "ListData": "which objects, in which versions, are there?",
        "CountRows": "how many rows are new?",
        "ReadManifests": "which data had the last success?",
        "WriteManifests": "which data a training gets",
        "UseKey": "manifests and the ledger are encrypted",
    },
    ("dev", "training", "reconcile-training"): {
        **FUNCTION,
        "ReadLedger": "which causes wait?",
        "StartTraining": "hand them over",
        "UseKey": "the ledger is encrypted",
    },
    ("production", "monitoring", "reconcile-alarms"): {
        **FUNCTION,
        "ReadAlarms": "which alarms fire?",
        "TellNotify": "tell notify again",
    },
    ("dev", "monitoring", "notify"): {
        **FUNCTION,
        "ReadToken": "the App's key, or a token",
        "UseKey": "the secret is encrypted",
    },
    ("dev", "training", "training-schedule"): {
        "CallFunction": "the schedule calls start-training",
        "KeepDeadLetters": "Scheduler sends what it cannot deliver with the schedule's role",
    },
    ("dev", "training", "training-hourly"): {
        "CallFunction": "the schedule calls reconcile-training",
        "KeepDeadLetters": "Scheduler sends what it cannot deliver with the schedule's role",
    },
    ("production", "monitoring", "workflows-hourly"): {
        "CallFunction": "the schedule calls notify, which starts reconcile",
        "KeepDeadLetters": "Scheduler sends what it cannot deliver with the schedule's role",
    },
    ("production", "monitoring", "alarms-hourly"): {
        "CallFunction": "the schedule calls reconcile-alarms",
        "KeepDeadLetters": "Scheduler sends what it cannot deliver with the schedule's role",
    },
    ("dev", "foundation", "github-deploy"): {
        "DeployStacks": "cdk deploy, through the bootstrap's roles",
        "ReadStacks": "which stacks are there, and can they be changed?",
        "ReadBootstrap": "is the account bootstrapped?",
        "StampReleases": "a release is stamped in the registry",
        "ReadRegistry": "which versions are there?",
        "ReadServing": "how a training goes",
        "StartTraining": "a commit wants a training",
        "PushImage": "the image of a commit",
        "AuthorizePush": "ecr:GetAuthorizationToken, before any push",
    },
    ("dev", "foundation", "github-read"): {
        "ReadStacks": "which stacks are there, and in which template?",
        "ReadBootstrap": "mlops doctor",
        "ReadRegistry": "which versions are there?",
        "ReadServing": "what serves, and how trainings went",
        "ReadTrainings": "the report of a training, beside the decision sheet",
        "LookAtTrigger": "can a retraining be started?",
        "ListEvaluations": "has a version its lineage?",
        "ReadEvaluations": "the decision sheet",
        "UseRegistryKey": "this environment's key encrypts them",
    },
    ("production", "foundation", "github-difference"): {
        "ReadStacks": "the deployed templates, which the code is compared with",
    },
    ("production", "foundation", "github-read"): {
        "ReadStacks": "which stacks are there, and which version do they name?",
        "ReadBootstrap": "mlops doctor",
        "ReadRegistry": "which versions are there?",
        "ReadServing": "which version serves?",
        "ReadAlarms": "does the contract's alarm fire?",
        "ListMonitorReports": "is there a report?",
        "ReadMonitorReports": "the issue about a broken contract",
        "UseCaptureKey": "this environment encrypts them",
    },
    ("production", "foundation", "github-deploy"): {
        "DeployStacks": "cdk deploy and releases, through the bootstrap's roles",
        "ReadStacks": "which stacks are there, and can they be changed?",
        "ReadBootstrap": "is the account bootstrapped?",
        "StampReleases": "a release is stamped in the registry",
        "ReadRegistry": "which version is to be released?",
        "ReadServing": "which version serves now?",
        "SmokeTest": "a release asks the endpoint",
        "ReadGuards": "a release looks whether a guard alarm fires",
        "ReadMetrics": "a shadow is compared with what serves",
        "ReadServerLogs": "why the new containers of a release failed",
        "ListEvaluations": "are a version's baselines there?",
        "ReadEvaluations": "the hold-out records of the smoke test",
        "UseRegistryKey": "the registry's environment encrypts them",
        "ListCaptured": "a shadow's captured answers",
        "ReadCaptured": "a shadow's captured answers",
        "UseCaptureKey": "this environment encrypts them",
    },
}


@pytest.mark.parametrize("key", NEEDED, ids=["-".join(key) for key in NEEDED])
def test_a_role_has_what_its_calls_need_and_no_more(templates: Templates, key: tuple[str, str, str]) -> None:
    statements = statements_of(role(templates, *key))
    assert {entry["Sid"] for entry in statements} == set(NEEDED[key])
    assert len(statements) == len(NEEDED[key])


def test_what_a_role_may_do_changes_only_on_purpose(templates: Templates) -> None:
    """Actions, resources and conditions too. If you mean a change: delete the file, run again, look at it."""
    present = {
        "/".join((*key, str(entry["Properties"]["RoleName"]))): statements_of(entry["Properties"])
        for key in templates
        for entry in templates.of_type(*key, "AWS::IAM::Role").values()
    }
    if not TRIPWIRE.exists():
        TRIPWIRE.write_text(json.dumps(present, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        raise AssertionError(f"wrote {TRIPWIRE.name}; look at it, commit it")
    assert present == json.loads(TRIPWIRE.read_text(encoding="utf-8"))


def test_a_pull_requests_role_reads_templates_and_takes_on_no_other_role(templates: Templates) -> None:
    """The bootstrap's lookup role reads every log, table and object: no role for pull requests may take it on."""
    for environment in ("dev", "staging", "production"):
        (statement,) = statements_of(role(templates, environment, "foundation", "github-difference"))
        assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
        assert statement["Resource"].endswith(f":stack/tripwire-{environment}-*")


ONLY_WITHOUT_RESOURCE = {"AuthorizePull", "AuthorizePush", "PutMetrics", "ReadAlarms", "ReadMetrics", "UseNetwork"}


def test_only_calls_that_know_no_resource_are_allowed_on_everything(templates: Templates) -> None:
    for key in templates:
        for entry in templates.of_type(*key, "AWS::IAM::Role").values():
            for statement in statements_of(entry["Properties"]):
                assert statement["Effect"] == "Allow"
                assert statement["Resource"] != "*" or statement["Sid"] in ONLY_WITHOUT_RESOURCE, statement
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if "*" in action], statement


def test_services_may_take_on_roles_only_for_this_account(templates: Templates) -> None:
    for key in templates:
        account = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}[key[0]]
        for entry in templates.of_type(*key, "AWS::IAM::Role").values():
            for statement in entry["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                if statement["Principal"].get("Service") in ("sagemaker.amazonaws.com", "scheduler.amazonaws.com"):
                    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": account}}
