"""Both sides of every switch of the settings."""

import json
from typing import Any

import pytest
from sagemaker_mlops.environments.settings import Settings, SettingsError

from infra.constructs.contract_alarms import check_evaluation
from tests.stacks.conftest import Synthesize, Templates, role, statements_of
from tests.stacks.settings import SERVERLESS, settings

ENDPOINT, CONFIG, MODEL = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model"


def test_an_environment_has_what_it_does(templates: Templates) -> None:
    assert set(templates) == {
        ("dev", "foundation"),
        ("dev", "training"),
        ("dev", "monitoring"),
        ("staging", "foundation"),
        ("staging", "serving"),
        ("staging", "monitoring"),
        ("production", "foundation"),
        ("production", "serving"),
        ("production", "monitoring"),
    }


def test_without_a_version_nothing_serves(templates: Templates) -> None:
    resources = templates["production", "serving"]["Resources"].values()
    unconditional = {entry["Type"] for entry in resources if "Condition" not in entry}
    assert unconditional == {"AWS::CloudWatch::Alarm"}
    parameters = templates["production", "serving"]["Parameters"]
    assert parameters["ModelPackageArn"]["Default"] == parameters["ShadowModelPackageArn"]["Default"] == ""


def test_a_template_does_not_depend_on_the_model(templates: Templates) -> None:
    assert templates.only("production", "serving", ENDPOINT)["EndpointName"] == "tripwire-production"
    (model,) = [
        entry["Properties"]
        for entry in templates.of_type("production", "serving", MODEL).values()
        if entry["Condition"] == "HasModel"
    ]
    assert model["PrimaryContainer"]["ModelPackageName"] == {"Ref": "ModelPackageArn"}
    assert model["EnableNetworkIsolation"] is True


def test_a_real_time_endpoint_is_guarded_captured_and_scaled(templates: Templates) -> None:
    endpoint = templates.only("production", "serving", ENDPOINT)
    routing = endpoint["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "CANARY"
    assert endpoint["RetainAllVariantProperties"] is True
    condition, guarded, otherwise = endpoint["DeploymentConfig"]["AutoRollbackConfiguration"]["Fn::If"]
    assert (condition, len(guarded["Alarms"]), otherwise) == ("IsGuarded", 2, {"Ref": "AWS::NoValue"})
    capture = templates.only("production", "serving", CONFIG)["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 100
    target = templates.only("production", "serving", "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)


def test_a_serverless_endpoint_has_none_of_it(synthesize: Synthesize) -> None:
    found = synthesize(settings(**SERVERLESS))
    endpoint, config = found.only("production", "serving", ENDPOINT), found.only("production", "serving", CONFIG)
    assert {"DeploymentConfig", "RetainAllVariantProperties"}.isdisjoint(endpoint)
    assert {"DataCaptureConfig", "ShadowProductionVariants", "KmsKeyId"}.isdisjoint(config)
    assert config["ProductionVariants"][0]["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert not found.of_type("production", "serving", "AWS::ApplicationAutoScaling::ScalableTarget")
    (model,) = [
        entry for entry in found.of_type("production", "serving", MODEL).values() if entry["Condition"] == "HasModel"
    ]
    assert model["Properties"]["EnableNetworkIsolation"] is False


def test_one_instance_rolls_out_all_at_once(templates: Templates) -> None:
    policy = templates.only("staging", "serving", ENDPOINT)["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"


def test_a_canary_of_one_instance_is_refused(synthesize: Synthesize) -> None:
    with pytest.raises(SettingsError, match=r"environments.production.endpoint: .*needs at least two instances"):
        synthesize(settings(endpoint={}))


def test_capture_can_be_off(synthesize: Synthesize) -> None:
    found = synthesize(settings(monitored=False, endpoint={"minimum_instances": 2, "capture_percent": 0}))
    assert "DataCaptureConfig" not in found.only("production", "serving", CONFIG)
    sids = {entry["Sid"] for entry in statements_of(role(found, "production", "foundation", "endpoint"))}
    assert "WriteCapture" not in sids


@pytest.mark.parametrize(("environment", "policy"), [("dev", "Delete"), ("production", "RetainExceptOnCreate")])
def test_data_stay_where_the_settings_say_so(templates: Templates, environment: str, policy: str) -> None:
    buckets = templates.of_type(environment, "foundation", "AWS::S3::Bucket").values()
    assert {entry["DeletionPolicy"] for entry in buckets} == {policy}
    keys = templates.of_type(environment, "foundation", "AWS::KMS::Key").values()
    assert {entry["DeletionPolicy"] for entry in keys} == {policy}
    aliases = templates.of_type(environment, "foundation", "AWS::KMS::Alias").values()
    assert {entry["DeletionPolicy"] for entry in aliases} == {policy}, "a key without its alias is found by nobody"


def test_the_registry_is_retained_where_data_are(templates: Templates, synthesize: Synthesize) -> None:
    kind = "AWS::SageMaker::ModelPackageGroup"
    (group,) = templates.of_type("dev", "training", kind).values()
    assert group["DeletionPolicy"] == "Delete"
    (group,) = synthesize(settings("dev", retain_data=True)).of_type("dev", "training", kind).values()
    assert group["DeletionPolicy"] == "RetainExceptOnCreate"


def test_other_accounts_may_use_versions_archives_images_and_key(templates: Templates) -> None:
    roots = {"arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:root"}
    policy = templates.only("dev", "training", "AWS::SageMaker::ModelPackageGroup")["ModelPackageGroupPolicy"]
    assert set(policy["Statement"][1]["Principal"]["AWS"]) == roots
    repository = templates.only("dev", "foundation", "AWS::ECR::Repository")["RepositoryPolicyText"]
    key = templates.only("dev", "foundation", "AWS::KMS::Key")["KeyPolicy"]
    buckets = [
        entry["Properties"]["PolicyDocument"]
        for entry in templates.of_type("dev", "foundation", "AWS::S3::BucketPolicy").values()
    ]
    for document in (repository, key, buckets):
        text = str(document)
        assert all(root.split("::")[1].split(":")[0] in text for root in roots), text


def test_in_one_account_nobody_else_is_let_in(synthesize: Synthesize) -> None:
    values = settings().model_dump()
    for environment in values["environments"].values():
        environment["account"] = "111111111111"
    found = synthesize(Settings.model_validate(values))
    assert "ModelPackageGroupPolicy" not in found.only("dev", "training", "AWS::SageMaker::ModelPackageGroup")
    assert "RepositoryPolicyText" not in found.only("dev", "foundation", "AWS::ECR::Repository")
    providers = [name for name in found if found.of_type(*name, "AWS::IAM::OIDCProvider")]
    assert providers == [("dev", "foundation")], "an account has only one provider"


@pytest.mark.parametrize(("windows", "hours", "most"), [(8, 24, "at most 7 windows"), (169, 1, "at most 168 windows")])
def test_alarms_that_cloudwatch_would_refuse_are_refused(windows: int, hours: int, most: str) -> None:
    check_evaluation(windows - 1, hours)
    with pytest.raises(SettingsError, match=most):
        check_evaluation(windows, hours)


def subjects(templates: Templates, purpose: str) -> Any:
    trust = role(templates, "production", "foundation", purpose)["AssumeRolePolicyDocument"]["Statement"][0]
    return trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]


def test_github_is_trusted_by_exact_subjects(templates: Templates) -> None:
    assert subjects(templates, "github-read") == [
        "repo:owner/repository:ref:refs/heads/main",
        "repo:owner/repository:environment:delivery",
    ]
    assert subjects(templates, "github-difference") == ["repo:owner/repository:pull_request"]
    assert subjects(templates, "github-deploy") == ["repo:owner/repository:environment:production"]


def test_immutable_subjects_are_trusted_once_the_ids_are_known(synthesize: Synthesize) -> None:
    ids = {"owner_id": 1, "repository_id": 2, "deploy_from": "main_branch"}
    found = synthesize(settings(github=ids))
    assert subjects(found, "github-deploy") == ["repo:owner@1/repository@2:ref:refs/heads/main"]


def test_an_existing_provider_is_used(synthesize: Synthesize) -> None:
    found = synthesize(settings(github={"oidc_provider": "existing"}))
    assert not found.of_type("production", "foundation", "AWS::IAM::OIDCProvider")
    trust = role(found, "production", "foundation", "github-read")["AssumeRolePolicyDocument"]["Statement"][0]
    provider = "arn:aws:iam::333333333333:oidc-provider/token.actions.githubusercontent.com"
    assert trust["Principal"]["Federated"] == provider


def test_a_boundary_bounds_every_role(synthesize: Synthesize, templates: Templates) -> None:
    found = synthesize(settings(permissions_boundary="boundary"))
    for capability in ("foundation", "monitoring"):
        for entry in found.of_type("production", capability, "AWS::IAM::Role").values():
            assert "policy/boundary" in str(entry["Properties"]["PermissionsBoundary"])
        for entry in templates.of_type("production", capability, "AWS::IAM::Role").values():
            assert "PermissionsBoundary" not in entry["Properties"]


def test_own_subnets_are_used_by_endpoint_and_roles(synthesize: Synthesize, templates: Templates) -> None:
    network = {"subnets": ["subnet-0123456789abcdef0"], "security_groups": ["sg-0123456789abcdef0"]}
    found = synthesize(settings(network=network))
    for entry in found.of_type("production", "serving", MODEL).values():
        assert entry["Properties"]["VpcConfig"]["Subnets"] == network["subnets"]
    for entry in templates.of_type("production", "serving", MODEL).values():
        assert "VpcConfig" not in entry["Properties"]
    for environment, expected in ((found, True), (templates, False)):
        sids = {entry["Sid"] for entry in statements_of(role(environment, "production", "foundation", "endpoint"))}
        assert ("UseNetwork" in sids) is expected


def definition(templates: Templates) -> dict[str, Any]:
    """The deployed definition; the key's ARN is not known before it is deployed."""
    body = templates.only("dev", "training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    parts = [part if isinstance(part, str) else "KEY" for part in body["Fn::Join"][1]]
    found: dict[str, Any] = json.loads("".join(parts))
    return found


def test_jobs_encrypt_with_our_key_and_run_in_our_network(synthesize: Synthesize, templates: Templates) -> None:
    network = {"subnets": ["subnet-0123456789abcdef0"], "security_groups": ["sg-0123456789abcdef0"]}
    inside = definition(synthesize(settings("dev", network=network)))
    for found, expected in ((definition(templates), None), (inside, network["subnets"])):
        for step in found["Steps"]:
            arguments = step.get("Arguments", {})
            if step["Type"] == "Processing":
                assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == "KEY"
                assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "KEY"
                placed = arguments.get("NetworkConfig", {}).get("VpcConfig", {}).get("Subnets")
            elif step["Type"] == "Training":
                assert (
                    arguments["OutputDataConfig"]["KmsKeyId"] == arguments["ResourceConfig"]["VolumeKmsKeyId"] == "KEY"
                )
                placed = arguments.get("VpcConfig", {}).get("Subnets")
            else:
                continue
            assert placed == expected, step["Name"]


def test_jobs_on_local_disks_name_no_volume_key(synthesize: Synthesize) -> None:
    """Source: botocore 1.44.5, VolumeKmsKeyId of ResourceConfig and ProcessingClusterConfig."""
    disks: dict[str, Any] = {"processing_instance_type": "ml.m5d.large", "training_instance_type": "ml.g5.xlarge"}
    found = synthesize(settings("dev", **disks))
    for step in definition(found)["Steps"]:
        if step["Type"] in ("Processing", "Training"):
            assert "VolumeKmsKeyId" not in json.dumps(step["Arguments"])
            assert '"KmsKeyId": "KEY"' in json.dumps(step["Arguments"]), "outputs are in S3, under our key"
    monitors = synthesize(settings(processing_instance_type="ml.m5d.large"))
    definitions = monitors.of_type("production", "monitoring", "AWS::SageMaker::DataQualityJobDefinition")
    assert definitions
    assert "VolumeKmsKeyId" not in json.dumps(definitions)


def test_a_budget_has_no_name(templates: Templates) -> None:
    """Its subscribers are create-only, so another team_email replaces it; a name would be taken then.

    Source: CloudFormation schema of AWS::Budgets::Budget, createOnlyProperties.
    """
    assert "BudgetName" not in templates.only("dev", "foundation", "AWS::Budgets::Budget")["Budget"]


def test_a_budget_is_optional(templates: Templates) -> None:
    assert templates.only("dev", "foundation", "AWS::Budgets::Budget")["Budget"]["BudgetLimit"]["Amount"] == 100
    assert not templates.of_type("production", "foundation", "AWS::Budgets::Budget")


def test_production_can_train_too(synthesize: Synthesize) -> None:
    found = synthesize(settings(trains=True))
    assert ("production", "training") in found.found
    assert not found.of_type("production", "foundation", "AWS::ECR::Repository"), "images come from the registry"
