"""The stacks through the commands of a generated project, by the unmodified CDK, with IAM enforced."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.laptop.conftest import SERVED, THREE_ACCOUNTS, Laptop, in_three_accounts, said
from tests.laptop.iam_statements import NOT_ENFORCED, Statement, allowed, deployed_statements, recorded_calls
from tests.localcloud.waiting import wait_until

STATE = SERVED
ENDPOINT = "purchase-intent-production"
GROUP = "purchase-intent-dev"
LEDGER = "purchase-intent-dev-training-ledger"


def served_number(laptop: Laptop) -> str:
    return str(json.loads(laptop.mlops("predict"))["model_version"])


def parameter(laptop: Laptop, name: str) -> str:
    client = laptop.at("production").client("cloudformation")
    stack = client.describe_stacks(StackName=f"{ENDPOINT}-serving")["Stacks"][0]
    return next(str(entry["ParameterValue"]) for entry in stack["Parameters"] if entry["ParameterKey"] == name)


def deploy(laptop: Laptop, environment: str, *options: str) -> str:
    return laptop.mlops("deploy", "--environment", environment, *options)


@pytest.fixture
def settings_file(laptop: Laptop) -> Iterator[Path]:
    """The laptop's settings, put back after a test changed them."""
    path = laptop.project.path / "environments.laptop.yaml"
    before = path.read_text(encoding="utf-8")
    yield path
    path.write_text(before, encoding="utf-8")


def test_nothing_changed_is_nothing_deployed(laptop: Laptop, served_arn: str) -> None:
    printed = deploy(laptop, "production")
    for capability in ("foundation", "serving", "monitoring"):
        assert f"{ENDPOINT}-{capability}: unchanged" in printed
    assert served_number(laptop) == served_arn.rsplit("/", 1)[-1]


def test_a_change_of_infrastructure_keeps_the_model(laptop: Laptop, served_arn: str, settings_file: Path) -> None:
    text = settings_file.read_text(encoding="utf-8")
    changed = text.replace("maximum_instances: 2", "maximum_instances: 3")
    changed = changed.replace("    monitored: true\n", "    monitored: true\n    capture_retention_days: 60\n")
    settings_file.write_text(changed, encoding="utf-8")
    printed = deploy(laptop, "production")
    assert f"{ENDPOINT}-serving: updating" in printed
    assert f"{ENDPOINT}-foundation: updating" in printed, "a bucket's lifecycle is no danger to the bucket"
    assert parameter(laptop, "ModelPackageArn") == served_arn
    assert served_number(laptop) == served_arn.rsplit("/", 1)[-1]


def test_the_instance_type_of_an_endpoint_that_scales_can_be_changed(
    laptop: Laptop, served_arn: str, settings_file: Path
) -> None:
    """AWS refuses it while the variant is a scalable target.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    text = settings_file.read_text(encoding="utf-8")
    changed = text.replace("maximum_instances: 2", "maximum_instances: 3, instance_type: ml.c5.xlarge")
    settings_file.write_text(changed, encoding="utf-8")
    printed = deploy(laptop, "production")
    assert f"{ENDPOINT}: deregistering it from autoscaling until its instance type is changed" in printed
    assert parameter(laptop, "Autoscaling") == "on"
    sagemaker = laptop.at("production").client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    assert variant["InstanceType"] == "ml.c5.xlarge"
    assert served_number(laptop) == served_arn.rsplit("/", 1)[-1]
    assert f"{ENDPOINT}-serving: unchanged" in deploy(laptop, "production")


def test_a_release_that_fails_gives_the_old_version_back(laptop: Laptop, served_arn: str) -> None:
    sagemaker, serving = laptop.client("sagemaker"), laptop.at("production").client("sagemaker")
    before = serving.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    good = sagemaker.describe_model_package(ModelPackageName=served_arn)
    container = good["InferenceSpecification"]["Containers"][0]
    broken = {**container, "ModelDataUrl": container["ModelDataUrl"].replace("model.tar.gz", "missing.tar.gz")}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        InferenceSpecification={**good["InferenceSpecification"], "Containers": [broken]},
        DriftCheckBaselines=good["DriftCheckBaselines"],
        CustomerMetadataProperties={"lineage_uri": good["CustomerMetadataProperties"]["lineage_uri"]},
    )["ModelPackageArn"]
    result = laptop.try_mlops("release", arn)
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    assert result.returncode == 3
    assert "UPDATE_ROLLBACK_COMPLETE" in result.stderr
    assert "Traceback" not in result.stderr
    assert parameter(laptop, "ModelPackageArn") == served_arn
    assert serving.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"] == before
    assert served_number(laptop) == served_arn.rsplit("/", 1)[-1]


def test_removing_the_endpoint_is_refused_unless_it_is_named(laptop: Laptop, served_arn: str) -> None:
    """Another construct id gives another logical id: CloudFormation would delete the endpoint and make a new one."""
    path = laptop.project.path / "infra" / "stacks" / "serving.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace('"Serving",\n', '"Renamed",\n'), encoding="utf-8")
    result = laptop.try_mlops("deploy", "--environment", "production")
    path.write_text(before, encoding="utf-8")
    assert result.returncode == 1
    assert "removes AWS::SageMaker::Endpoint ServingEndpoint" in result.stderr
    assert "--allow ServingEndpoint" in result.stderr
    assert served_number(laptop) == served_arn.rsplit("/", 1)[-1]
    deploy(laptop, "production")
    assert f"{ENDPOINT}-serving: unchanged" in deploy(laptop, "production"), "the refused change set is gone"


def ledger(laptop: Laptop) -> dict[str, str]:
    """Status by cause."""
    items = laptop.client("dynamodb").scan(TableName=LEDGER)["Items"]
    return {item["id"]["S"].removeprefix("cause#"): item["status"]["S"] for item in items if "status" in item}


def test_new_data_are_a_cause_once_per_object_version(laptop: Laptop, served_arn: str) -> None:
    known = {cause for cause in ledger(laptop) if cause.startswith("new-data:")}
    laptop.mlops("data", "put", *laptop.months("2025-11", "2025-11"))

    def arrived() -> bool:
        found = {cause: status for cause, status in ledger(laptop).items() if cause.startswith("new-data:")}
        is_being_handled = {"received", "starting"} & set(found.values())
        return len(found.keys() - known) == 1 and not is_being_handled

    wait_until(arrived)


def test_reconcile_hands_waiting_causes_over_and_start_training_decides(laptop: Laptop, served_arn: str) -> None:
    waiting = {cause for cause, status in ledger(laptop).items() if status == "waiting"}
    assert waiting, "new data wait for the cooldown"
    answer = laptop.client("lambda").invoke(FunctionName=f"{GROUP}-reconcile-training")
    assert "FunctionError" not in answer
    assert set(json.loads(answer["Payload"].read())["handed_over"]) == waiting


def test_the_image_that_trains_by_itself_is_a_parameter_that_stays(laptop: Laptop) -> None:
    deploy(laptop, "dev", "--image", laptop.image_uri())
    assert f"{GROUP}-training: unchanged" in deploy(laptop, "dev")
    function = laptop.client("lambda").get_function_configuration(FunctionName=f"{GROUP}-start-training")
    assert function["Environment"]["Variables"]["IMAGE_URI"] == laptop.image_uri()


def test_an_approval_without_a_github_token_ends_in_the_dead_letters(laptop: Laptop, served_arn: str) -> None:
    queue = laptop.client("sqs").get_queue_url(QueueName=f"{GROUP}-notify-dead-letters")["QueueUrl"]
    found: list[dict[str, Any]] = []

    def told() -> bool:
        answer = laptop.client("sqs").receive_message(QueueUrl=queue, VisibilityTimeout=0)
        found.extend(answer.get("Messages", []))
        return bool(found)

    wait_until(told)
    assert "holds neither App nor token yet" in found[0]["Body"]


def test_the_doctor_names_what_is_missing_and_how_to_fix_it(laptop: Laptop) -> None:
    result = laptop.try_mlops("doctor", "--environment", "staging")
    lines = result.stdout.splitlines()
    assert any(line.startswith("ok") and "credentials" in line for line in lines)
    assert any("purchase-intent-staging-serving is not deployed" in line for line in lines)
    assert any("mlops deploy -e staging" in line for line in lines)


# With IAM enforced everything above works. Now each statement by itself: is there a call that needs it?

ROLES = ("job", "pipeline", "start-training", "reconcile-training", "notify")


@pytest.fixture(scope="module")
def stopped(laptop: Laptop, served_arn: str) -> str:
    """ARN of an execution that was stopped while one of its jobs ran."""
    sagemaker = laptop.client("sagemaker")
    arn = said(laptop.train("2025-02:2025-07", "--no-wait").stdout, "started")

    def runs_a_job() -> bool:
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return any(step["StepStatus"] == "Executing" and step.get("Metadata") for step in steps)

    wait_until(runs_a_job)
    # Not the command: while it starts, on a busy machine, the training may end.
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    wait_until(
        lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Stopped"
    )
    return arn


@pytest.fixture(scope="module")
def statements(laptop: Laptop, stopped: str) -> list[Statement]:
    """Statements of the roles, after every kind of call was made, in whatever order the tests ran."""
    return deployed_statements(laptop, ROLES)


def test_every_statement_is_needed_by_a_call_that_was_made(laptop: Laptop, statements: list[Statement]) -> None:
    calls = recorded_calls(laptop)
    unneeded = {
        (statement.role, statement.sid)
        for statement in statements
        if all(
            allowed(call, [other for other in statements if other != statement])
            for call in calls
            if call.role == statement.role
        )
    }
    assert unneeded == {(role, sid) for role, sid in NOT_ENFORCED if role in ROLES}


def test_no_call_of_a_role_was_denied(laptop: Laptop, statements: list[Statement]) -> None:
    denied = {(call.role, call.action, call.resource) for call in recorded_calls(laptop) if not call.was_allowed}
    assert denied == set()


def test_destroying_asks_for_the_name_and_retains_what_the_settings_say(laptop: Laptop, served_arn: str) -> None:
    result = laptop.try_mlops("destroy", "--environment", "production")
    assert result.returncode == 1
    assert f"--confirm {ENDPOINT}" in result.stderr
    printed = laptop.mlops("destroy", "--environment", "production", "--confirm", ENDPOINT)
    assert printed.index("monitoring: gone") < printed.index("serving: gone") < printed.index("foundation: gone")
    retained = {line.split(": ", 1)[1] for line in printed.splitlines() if line.startswith("retained: ")}
    production = laptop.at("production")
    listed = production.client("s3").list_buckets()["Buckets"]
    buckets = {bucket["Name"] for bucket in listed if ENDPOINT in bucket["Name"]}
    assert {f"bucket {bucket}" for bucket in buckets} == {entry for entry in retained if entry.startswith("bucket")}
    assert not production.client("sagemaker").list_endpoints(NameContains=ENDPOINT)["Endpoints"]


def test_a_deployment_beside_retained_buckets_is_refused_with_their_names(laptop: Laptop, served_arn: str) -> None:
    result = laptop.try_mlops("deploy", "--environment", "production")
    assert result.returncode == 1
    assert f"{ENDPOINT}-{THREE_ACCOUNTS['production']}-data" in result.stderr
    assert "retained by an earlier destroy" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--environment", "dev", "--image", "garbage"), "expected an image by digest"),
        (("--environment", "production", "--image", "garbage"), "production does not train"),
    ],
)
def test_an_image_that_is_none_is_refused_at_once(laptop: Laptop, options: tuple[str, ...], message: str) -> None:
    result = laptop.try_mlops("deploy", *options)
    assert result.returncode == 1
    assert message in result.stderr


def test_a_stack_that_the_settings_no_longer_want_is_not_orphaned(laptop: Laptop, settings_file: Path) -> None:
    deploy(laptop, "staging")
    text = settings_file.read_text(encoding="utf-8")
    begin = text.index("  staging:")
    settings_file.write_text(text[:begin] + text[begin:].replace("    serves: true\n", "", 1), encoding="utf-8")
    result = laptop.try_mlops("deploy", "--environment", "staging")
    assert result.returncode == 1
    assert "purchase-intent-staging-serving is deployed, but staging no longer says serves: true" in result.stderr
    laptop.mlops("destroy", "--environment", "staging", "--confirm", "purchase-intent-staging")
    stacks = laptop.at("staging").client("cloudformation").describe_stacks()["Stacks"]
    assert not [stack for stack in stacks if "purchase-intent-staging" in stack["StackName"]]


def test_destroying_what_retains_nothing_leaves_nothing(laptop: Laptop, served_arn: str) -> None:
    command = ("destroy", "--environment", "dev", "--confirm", GROUP)
    result = laptop.try_mlops(*command)
    assert result.returncode == 1
    assert "holds the registry from which production serves" in result.stderr
    laptop.mlops(*command, "--with-registry")
    assert not [b for b in laptop.client("s3").list_buckets()["Buckets"] if b["Name"].startswith(f"{GROUP}-")]
    sagemaker = laptop.client("sagemaker")
    assert not sagemaker.list_model_package_groups(NameContains=GROUP)["ModelPackageGroupSummaryList"]
    assert not sagemaker.list_pipelines(PipelineNamePrefix=GROUP)["PipelineSummaries"]
    names = [table for table in laptop.client("dynamodb").list_tables()["TableNames"] if table.startswith(GROUP)]
    assert not names
    functions = laptop.client("lambda").list_functions()["Functions"]
    assert not [entry for entry in functions if entry["FunctionName"].startswith(GROUP)]


@pytest.fixture(scope="module")
def empty(laptop: Laptop) -> Iterator[Laptop]:
    """A second cloud, in which nothing is bootstrapped. After the first: both cannot use one state."""
    project = laptop.project
    empty = in_three_accounts(project)
    project.mlops("local", "up", "--cloud", "empty", LOCALCLOUD_PORT=str(empty.port))
    yield empty
    project.mlops("local", "down", "--cloud", "empty")


def test_an_account_that_is_not_bootstrapped_is_told(empty: Laptop) -> None:
    result = empty.try_mlops("deploy")
    assert result.returncode == 1
    assert "not bootstrapped" in result.stderr
    assert "mlops bootstrap -e dev" in result.stderr
    assert "Traceback" not in result.stderr
    doctor = empty.try_mlops("doctor", "--environment", "dev")
    assert doctor.returncode == 1
    assert "mlops bootstrap -e dev" in doctor.stdout


@pytest.mark.parametrize("command", ["deploy", "diff", "destroy", "bootstrap"])
def test_credentials_of_another_account_change_nothing(empty: Laptop, command: str) -> None:
    environment = {**empty.environment, "AWS_ACCESS_KEY_ID": "444444444444"}
    result = empty.project.run(".venv/bin/mlops", command, **environment)
    assert result.returncode == 1
    assert f"dev is account {THREE_ACCOUNTS['dev']}, but the credentials are of 444444444444" in result.stderr


def test_without_credentials_one_sentence_says_so(empty: Laptop) -> None:
    kept = {key: value for key, value in empty.environment.items() if not key.startswith("AWS_")}
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    result = empty.project.run(".venv/bin/mlops", "deploy", **kept, **nowhere)
    assert result.returncode == 1
    assert "Unable to locate credentials" in result.stderr
    assert "Traceback" not in result.stderr
