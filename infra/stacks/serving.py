"""Serving stack: the endpoint and its guard alarms.

The versions are parameters, so all models have the same template.
"""

from aws_cdk import CfnCondition, CfnOutput, CfnParameter, Fn, ICfnRuleConditionExpression, Stack
from constructs import Construct
from sagemaker_mlops.environments.names import (
    AUTOSCALING_PARAMETER,
    GUARDS_PARAMETER,
    PACKAGE_PARAMETER,
    SHADOW_PARAMETER,
)

from infra.constructs.autoscaling import Autoscaling
from infra.constructs.guard_alarms import GuardAlarms
from infra.constructs.model_endpoint import ModelEndpoint, Version
from infra.deployment import Deployment
from infra.stacks.foundation import FoundationStack
from infra.stacks.parameters import model_package_parameter


class ServingStack(Stack):
    """Stack of the endpoint. Without a version it contains no endpoint, which is not an error.

    A deployment that omits the parameters keeps the current version.
    """

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, foundation: FoundationStack
    ) -> None:
        super().__init__(scope, construct_id, stack_name=deployment.names.stack("serving"))
        champion = self._version(PACKAGE_PARAMETER, "HasModel", "Model version that serves; empty: no endpoint")
        shadow = self._version(SHADOW_PARAMETER, "HasShadow", "Model version that gets a copy of the traffic", champion)
        guards = GuardAlarms(self, "Guards", deployment)
        guarded = self._guarded()
        serving = ModelEndpoint(
            self,
            "Serving",
            deployment,
            role=foundation.endpoint_role,
            key_arn=foundation.key.key_arn,
            champion=champion,
            shadow=shadow,
            guards=guards.alarms,
            guarded=guarded,
        )
        if deployment.environment.endpoint.scales:
            Autoscaling(self, "Scaling", deployment, self._scaled(champion), serving.endpoint)
        output = CfnOutput(self, "EndpointConfigName", value=serving.config.attr_endpoint_config_name)
        output.condition = champion.is_there

    def _guarded(self) -> CfnCondition:
        """Return the condition that guard alarms roll a change back.

        A rollback switches it off, because the alarms may still be firing for the version that it replaces.
        """
        guards = CfnParameter(
            self,
            GUARDS_PARAMETER,
            default="on",
            allowed_values=["on", "off"],
            description="off: guard alarms do not roll this change back; every release says which",
        )
        is_on = Fn.condition_equals(guards.value_as_string, "on")
        return CfnCondition(self, "IsGuarded", expression=is_on)

    def _scaled(self, champion: Version) -> CfnCondition:
        """Return the condition that the variant is a scalable target.

        AWS changes the instance type only of a variant that is no scalable target. A deployment with another instance
        type therefore switches the condition off.
        """
        scaling = CfnParameter(
            self,
            AUTOSCALING_PARAMETER,
            default="on",
            allowed_values=["on", "off"],
            description="off: not a scalable target, while a deployment changes the instance type",
        )
        is_on = Fn.condition_equals(scaling.value_as_string, "on")
        return CfnCondition(self, "IsScaled", expression=Fn.condition_and(_given(champion.package), is_on))

    def _version(self, parameter: str, condition: str, description: str, beside: Version | None = None) -> Version:
        package = model_package_parameter(self, parameter, description)
        is_given = _given(package)
        expression = Fn.condition_and(_given(beside.package), is_given) if beside else is_given
        return Version(package, CfnCondition(self, condition, expression=expression))


def _given(package: CfnParameter) -> ICfnRuleConditionExpression:
    return Fn.condition_not(Fn.condition_equals(package.value_as_string, ""))
