"""Autoscaling of the endpoint's instances between the bounds of the settings."""

from aws_cdk import CfnCondition, CfnResource
from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct
from sagemaker_mlops.contract.monitors import VARIANT

from infra.deployment import Deployment

INVOCATIONS_PER_INSTANCE_AND_MINUTE = 2_000
SCALE_OUT_SECONDS, SCALE_IN_SECONDS = 60, 300
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


class Autoscaling(Construct):
    """Scalable target and scaling policy of the endpoint.

    The target names the endpoint literally. References to its attributes would create a circular dependency between
    alarms, endpoint and scaling.
    """

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, scaled: CfnCondition, endpoint: CfnResource
    ) -> None:
        super().__init__(scope, construct_id)
        least, most = deployment.environment.endpoint.instances
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension=DIMENSION,
            resource_id=f"endpoint/{deployment.names.endpoint}/variant/{VARIANT}",
            min_capacity=least,
            max_capacity=most,
        )
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name="invocations-per-instance",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=(
                autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=INVOCATIONS_PER_INSTANCE_AND_MINUTE,
                    scale_out_cooldown=SCALE_OUT_SECONDS,
                    scale_in_cooldown=SCALE_IN_SECONDS,
                    predefined_metric_specification=(
                        autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
                        )
                    ),
                )
            ),
        )
        target.add_resource_dependency(endpoint)
        for resource in (target, policy):
            resource.cfn_options.condition = scaled
