"""Endpoint with its model and configuration, which exist only if there is a version to serve."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from aws_cdk import CfnCondition, CfnParameter, Fn, IResolvable
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from sagemaker_mlops.contract.monitors import SHADOW_VARIANT, VARIANT
from sagemaker_mlops.environments.names import GUARDS
from sagemaker_mlops.environments.rollout import TERMINATION_WAIT_SECONDS, TrafficPlan

from infra.deployment import Deployment

CAPTURED_JSON = ["application/json", "application/jsonlines"]
CAPTURED_CSV = ["text/csv"]


@dataclass(frozen=True)
class Version:
    """Version as a parameter of the stack, with the condition that the parameter is given."""

    package: CfnParameter
    is_there: CfnCondition


class ModelEndpoint(Construct):
    """Endpoint with its model and configuration.

    Model and configuration have no names, because each version replaces both and a fixed name would be in use.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        *,
        role: iam.IRole,
        key_arn: str,
        champion: Version,
        shadow: Version,
        guards: Sequence[cloudwatch.Alarm],
        guarded: CfnCondition,
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment, self._role, self._key_arn = deployment, role, key_arn
        serverless = deployment.environment.endpoint.is_serverless
        model = self._model("Model", champion)
        variants = [self._serverless_variant(model) if serverless else self._variant(model)]
        deploys = None if serverless else _deployment_config(deployment.traffic, guards, guarded)
        self.config = sagemaker.CfnEndpointConfig(
            self,
            f"Config{'' if serverless else self._update_id()}",
            production_variants=variants,
            shadow_production_variants=None if serverless else self._shadow_variants(shadow),
            data_capture_config=self._capture(),
            # Serverless endpoints have no volume of their own to encrypt.
            kms_key_id=None if serverless else key_arn,
        )
        self.config.cfn_options.condition = champion.is_there
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=deployment.names.endpoint,
            endpoint_config_name=self.config.attr_endpoint_config_name,
            deployment_config=deploys,
            # With autoscaling, an update keeps the number of instances that autoscaling has set. Without it, an update
            # uses the values of the configuration. Source: botocore 1.44.5, UpdateEndpoint documentation.
            retain_all_variant_properties=True if deployment.environment.endpoint.scales else None,
        )
        self.endpoint.cfn_options.condition = champion.is_there

    def _model(self, construct_id: str, version: Version) -> sagemaker.CfnModel:
        network = self._deployment.environment.network
        arn = version.package.value_as_string
        model = sagemaker.CfnModel(
            self,
            construct_id,
            execution_role_arn=self._role.role_arn,
            enable_network_isolation=self._deployment.environment.isolates_network,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=arn,
                environment=self._server_environment(arn),
            ),
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                security_group_ids=list(network.security_groups), subnets=list(network.subnets)
            )
            if network
            else None,
        )
        model.cfn_options.condition = version.is_there
        return model

    def _server_environment(self, arn: str) -> dict[str, str]:
        # arn:aws:sagemaker:region:account:model-package/group/number
        version = {"MODEL_VERSION": Fn.select(2, Fn.split("/", arn))}
        processes = self._deployment.environment.endpoint.server_processes
        return version | ({"SERVER_PROCESSES": str(processes)} if processes else {})

    def _variant(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        endpoint = self._deployment.environment.endpoint
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            instance_type=endpoint.real_time_instance_type,
            initial_instance_count=endpoint.instances[0],
            initial_variant_weight=1,
        )

    def _serverless_variant(self, model: sagemaker.CfnModel) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        memory, concurrency = self._deployment.environment.endpoint.serverless_capacity
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            initial_variant_weight=1,
            serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=memory, max_concurrency=concurrency
            ),
        )

    def _shadow_variants(self, shadow: Version) -> IResolvable:
        """Return the shadow variant, which gets a copy of the traffic and whose responses are discarded."""
        model, endpoint = self._model("ShadowModel", shadow), self._deployment.environment.endpoint
        # A plain dictionary, because CDK does not convert keys inside a condition.
        variant = {
            "VariantName": SHADOW_VARIANT,
            "ModelName": model.attr_model_name,
            "InstanceType": endpoint.real_time_instance_type,
            "InitialInstanceCount": endpoint.instances[0],
            "InitialVariantWeight": 1,
        }
        return Fn.condition_if(shadow.is_there.logical_id, [variant], Fn.ref("AWS::NoValue"))

    def _update_id(self) -> str:
        """Return an id of the rollout, and of whether an update keeps the number of instances.

        CloudFormation updates the endpoint when one of these changes, and "to update an endpoint, you must create a new
        EndpointConfig" (botocore 1.44.5, UpdateEndpoint documentation). So each of them has a configuration of its own.
        """
        traffic, scales = self._deployment.traffic, self._deployment.environment.endpoint.scales
        rollout = (traffic.strategy, traffic.percents, traffic.bake_seconds, traffic.timeout_seconds)
        text = json.dumps([*rollout, TERMINATION_WAIT_SECONDS, GUARDS, scales])
        return sha256(text.encode()).hexdigest()[:8]

    def _capture(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
        percent = self._deployment.environment.endpoint.captured_percent
        if percent == 0:
            return None
        config = sagemaker.CfnEndpointConfig
        return config.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=percent,
            destination_s3_uri=f"s3://{self._deployment.names.capture_bucket}/capture",
            kms_key_id=self._key_arn,
            capture_options=[config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
            capture_content_type_header=config.CaptureContentTypeHeaderProperty(
                json_content_types=CAPTURED_JSON, csv_content_types=CAPTURED_CSV
            ),
        )


def _deployment_config(
    traffic: TrafficPlan, guards: Sequence[cloudwatch.Alarm], guarded: CfnCondition
) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    endpoint = sagemaker.CfnEndpoint
    step = endpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=traffic.step_percent)
    # Plain dictionaries, because CDK does not convert keys inside a condition.
    alarms = {"Alarms": [{"AlarmName": alarm.alarm_name} for alarm in guards]}
    return endpoint.DeploymentConfigProperty(
        auto_rollback_configuration=Fn.condition_if(guarded.logical_id, alarms, Fn.ref("AWS::NoValue")),
        blue_green_update_policy=endpoint.BlueGreenUpdatePolicyProperty(
            maximum_execution_timeout_in_seconds=traffic.timeout_seconds,
            termination_wait_in_seconds=TERMINATION_WAIT_SECONDS,
            traffic_routing_configuration=endpoint.TrafficRoutingConfigProperty(
                type=traffic.strategy.upper(),
                wait_interval_in_seconds=traffic.bake_seconds,
                canary_size=step if traffic.strategy == "canary" else None,
                linear_step_size=step if traffic.strategy == "linear" else None,
            ),
        ),
    )
