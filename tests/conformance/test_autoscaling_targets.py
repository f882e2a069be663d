"""What we believe about Application Auto Scaling of SageMaker's variants. No endpoint exists, so all is refused.

tests/localcloud/test_autoscaling.py has what needs an endpoint.
"""

from typing import Any

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Refusal, Target

REGISTER = "botocore: application-autoscaling.RegisterScalableTarget"
BOUNDS = {"MinCapacity": 1, "MaxCapacity": 2}


def identity(aws: Target) -> dict[str, Any]:
    """The variant of an endpoint that does not exist."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{aws.name('no-endpoint')}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def refused(aws: Target, **changes: Any) -> Refusal:
    """Ask for a target; returns how it is refused."""
    members = {**identity(aws), **changes}
    named = {name: members[name] for name in identity(aws)}
    client = aws.client("application-autoscaling")
    return aws.refusal(
        "application-autoscaling",
        "register_scalable_target",
        if_accepted=lambda: client.deregister_scalable_target(**named),
        **members,
    )


def check(observe: Observe, found: Refusal, message: str) -> None:
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching(message))


@belief(f"{REGISTER} (minimum and maximum of a new target)")
def test_a_target_needs_its_bounds(aws: Target, observe: Observe) -> None:
    """A new target has a minimum and a maximum; the words are assumed."""
    check(observe, refused(aws), "Both minimum and maximum capacity are required")


@belief(ASSUMED)
def test_bounds_in_order(aws: Target, observe: Observe) -> None:
    """The minimum of a target is not above its maximum."""
    found = refused(aws, MinCapacity=3, MaxCapacity=2)
    check(observe, found, "Minimum capacity cannot be greater than maximum capacity")


@belief(ASSUMED)
def test_bounds_below_zero(aws: Target, observe: Observe) -> None:
    """The minimum of a target is not below zero."""
    check(observe, refused(aws, MinCapacity=-1, MaxCapacity=2), "Minimum capacity cannot be less than 0")


@belief(ASSUMED)
def test_a_target_needs_its_endpoint(aws: Target, observe: Observe) -> None:
    """A target of an endpoint that does not exist is refused."""
    check(observe, refused(aws, **BOUNDS), "Could not find")


@belief(f"{REGISTER} ResourceId")
def test_the_id_of_a_target(aws: Target, observe: Observe) -> None:
    """A target names an endpoint and its variant."""
    check(observe, refused(aws, **BOUNDS, ResourceId="variant"), "Unsupported resource id")


@belief("botocore: application-autoscaling.ScalableDimension")
def test_the_dimension_of_a_target(aws: Target, observe: Observe) -> None:
    """A target has a dimension of the API."""
    check(observe, refused(aws, **BOUNDS, ScalableDimension="sagemaker:variant:Size"), "enum value set")


@belief("https://github.com/ansible/ansible/issues/40237")
def test_a_policy_needs_its_target(aws: Target, observe: Observe) -> None:
    """A policy of a target that is not registered is refused."""
    tracking = {
        "TargetValue": 100.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    found = aws.refusal(
        "application-autoscaling",
        "put_scaling_policy",
        **identity(aws),
        PolicyName="track",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    observe("code", found.code, documented="ObjectNotFoundException")
    message = (
        "No scalable target registered for service namespace: sagemaker, resource ID: "
        f"{identity(aws)['ResourceId']}, scalable dimension: sagemaker:variant:DesiredInstanceCount"
    )
    observe("message", found.message, documented=message)


@belief("botocore: application-autoscaling.DeregisterScalableTarget (ObjectNotFoundException)")
def test_a_target_that_is_missing(aws: Target, observe: Observe) -> None:
    """Deregistering a target that is not registered is refused with ObjectNotFoundException."""
    found = aws.refusal("application-autoscaling", "deregister_scalable_target", **identity(aws))
    observe("code", found.code, documented="ObjectNotFoundException")
