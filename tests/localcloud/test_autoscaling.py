"""Application Auto Scaling: targets and policies through the API and in stacks."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from localcloud.instance import Instance

from tests.localcloud.conftest import LocalCloud
from tests.localcloud.test_endpoints import make_endpoint, make_model, variant
from tests.ports import reserved_port

NAMESPACE = {"ServiceNamespace": "sagemaker"}
TRACKING = {
    "TargetValue": 100.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}


def identity(endpoint: str) -> dict[str, str]:
    return {
        **NAMESPACE,
        "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


@pytest.fixture(scope="module")
def endpoint(cloud: LocalCloud) -> str:
    make_model(cloud, "autoscaled")
    assert make_endpoint(cloud, "autoscaled", variant("autoscaled")) == "InService"
    return "autoscaled"


@pytest.fixture
def scaling(cloud: LocalCloud) -> Any:
    return cloud.client("application-autoscaling")


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


# Source: botocore 1.43.106 application-autoscaling, RegisterScalableTarget and DeregisterScalableTarget documentation
def test_a_target_is_registered_changed_and_deregistered(scaling: Any, endpoint: str) -> None:
    arn = scaling.register_scalable_target(**identity(endpoint), MinCapacity=1, MaxCapacity=2)["ScalableTargetARN"]
    assert arn.startswith("arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/")
    scaling.register_scalable_target(**identity(endpoint), MaxCapacity=3)
    found = scaling.describe_scalable_targets(**NAMESPACE, ResourceIds=[identity(endpoint)["ResourceId"]])
    (target,) = found["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"], target["ScalableTargetARN"]) == (1, 3, arn)
    assert "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint" in target["RoleARN"]
    scaling.deregister_scalable_target(**identity(endpoint))
    assert scaling.describe_scalable_targets(**NAMESPACE)["ScalableTargets"] == []
    code, message = refusal(scaling.deregister_scalable_target, **identity(endpoint))
    assert code == "ObjectNotFoundException"
    assert f"resource ID: endpoint/{endpoint}/variant/AllTraffic" in message


def test_a_policy_needs_its_target_and_goes_with_it(scaling: Any, endpoint: str) -> None:
    policy = {**identity(endpoint), "PolicyName": "track", "PolicyType": "TargetTrackingScaling"}
    whole = {**policy, "TargetTrackingScalingPolicyConfiguration": TRACKING}
    code, message = refusal(scaling.put_scaling_policy, **whole)
    # Source: https://github.com/ansible/ansible/issues/40237
    assert code == "ObjectNotFoundException"
    assert message == (
        "No scalable target registered for service namespace: sagemaker, resource ID: "
        f"endpoint/{endpoint}/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount"
    )
    scaling.register_scalable_target(**identity(endpoint), MinCapacity=1, MaxCapacity=2)
    assert refusal(scaling.put_scaling_policy, **policy)[0] == "ValidationException"
    arn = scaling.put_scaling_policy(**whole)["PolicyARN"]
    assert scaling.put_scaling_policy(**whole)["PolicyARN"] == arn
    (found,) = scaling.describe_scaling_policies(**NAMESPACE)["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    scaling.deregister_scalable_target(**identity(endpoint))
    assert scaling.describe_scaling_policies(**NAMESPACE)["ScalingPolicies"] == []


def test_a_policy_is_deleted(scaling: Any, endpoint: str) -> None:
    policy = {**identity(endpoint), "PolicyName": "short-lived"}
    scaling.register_scalable_target(**identity(endpoint), MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(
        **policy, PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=TRACKING
    )
    scaling.delete_scaling_policy(**policy)
    assert refusal(scaling.delete_scaling_policy, **policy)[0] == "ObjectNotFoundException"
    scaling.deregister_scalable_target(**identity(endpoint))


def test_a_stack_registers_and_deregisters(cloud: LocalCloud, scaling: Any, endpoint: str) -> None:
    target = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget"}
    target["Properties"] = {**identity(endpoint), "MinCapacity": "1", "MaxCapacity": "2"}  # type: ignore[assignment]
    tracked = {
        "PolicyName": "track",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": {"Ref": "Target"},
        "TargetTrackingScalingPolicyConfiguration": TRACKING,
    }
    policy = {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": tracked}
    client = cloud.client("cloudformation")
    body = json.dumps({"Resources": {"Target": target, "Policy": policy}})
    client.create_stack(StackName="scaling", TemplateBody=body)
    client.get_waiter("stack_create_complete").wait(StackName="scaling", WaiterConfig={"Delay": 1})
    assert scaling.describe_scalable_targets(**NAMESPACE)["ScalableTargets"][0]["MaxCapacity"] == 2
    assert scaling.describe_scaling_policies(**NAMESPACE)["ScalingPolicies"][0]["PolicyName"] == "track"
    client.delete_stack(StackName="scaling")
    client.get_waiter("stack_delete_complete").wait(StackName="scaling", WaiterConfig={"Delay": 1})
    assert scaling.describe_scalable_targets(**NAMESPACE)["ScalableTargets"] == []


def test_with_iam_on_a_call_needs_the_right(localcloud_on_path: None, tmp_path: Path) -> None:
    instance = Instance(tmp_path / "enforced")
    running, _ = instance.start(reserved_port(), iam=True)
    cloud = LocalCloud(instance, running)
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="no-rights", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    assumed = cloud.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="session")["Credentials"]
    assert cloud.client("application-autoscaling").describe_scalable_targets(**NAMESPACE)["ScalableTargets"] == []
    scaling = boto3.client(
        "application-autoscaling",
        endpoint_url=running.url,
        region_name="eu-west-1",
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    code, message = refusal(scaling.describe_scalable_targets, **NAMESPACE)
    assert "AccessDenied" in code
    assert "application-autoscaling:DescribeScalableTargets" in message
    instance.stop(running)
