"""What we believe about CreateEndpointConfig. No endpoint is created, so nothing here costs anything."""

from typing import Any

import pytest

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Refusal, Target

EXCLUSIONS = "https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html"
INSTANCES = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
SERVERLESS = {"VariantName": "AllTraffic", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}}


class Configurations:
    """Endpoint configurations of one model."""

    def __init__(self, aws: Target, given: Fixtures) -> None:
        self.aws, self.model, self.bucket = aws, given.model(), given.bucket()
        self._sagemaker = aws.client("sagemaker")

    def variant(self, kind: dict[str, Any], **members: Any) -> dict[str, Any]:
        return {**kind, "ModelName": self.model, **members}

    def capture(self, *, enable: bool) -> dict[str, Any]:
        return {
            "EnableCapture": enable,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{self.bucket}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        }

    def made(self, what: str, *variants: dict[str, Any], **members: Any) -> dict[str, Any]:
        """Make a configuration; returns its description."""
        name = self.aws.name(what)
        self._sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=list(variants), Tags=self.aws.tags, **members
        )
        self.aws.undo(f"configuration {name}", lambda: self._delete(name))
        described: dict[str, Any] = self._sagemaker.describe_endpoint_config(EndpointConfigName=name)
        return described

    def refused(self, *variants: dict[str, Any], **members: Any) -> Refusal:
        """Ask for a configuration; returns how it is refused."""
        name = self.aws.name("refused-config")
        given = {"EndpointConfigName": name, "ProductionVariants": list(variants), **members}
        return self.aws.refusal("sagemaker", "create_endpoint_config", if_accepted=lambda: self._delete(name), **given)

    def _delete(self, name: str) -> None:
        self._sagemaker.delete_endpoint_config(EndpointConfigName=name)


@pytest.fixture(scope="module")
def configurations(aws: Target, given: Fixtures) -> Configurations:
    return Configurations(aws, given)


@belief("botocore: sagemaker.ProductionVariantServerlessConfig MemorySizeInMB")
def test_serverless_memory(configurations: Configurations, observe: Observe) -> None:
    """A serverless variant has one of six sizes of memory."""
    config = {"MemorySizeInMB": 1111, "MaxConcurrency": 1}
    found = configurations.refused(configurations.variant(SERVERLESS, ServerlessConfig=config))
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("Value '1111' at .*memorySizeInMB' failed to satisfy"))
    observe("sizes", "[1024, 2048, 3072, 4096, 5120, 6144]" in found.message, documented=True)


@belief(EXCLUSIONS)
def test_serverless_with_capture(configurations: Configurations, observe: Observe) -> None:
    """A serverless variant excludes data capture."""
    capture = configurations.capture(enable=True)
    found = configurations.refused(configurations.variant(SERVERLESS), DataCaptureConfig=capture)
    observe("code", found.code, documented="ValidationException")


@belief(EXCLUSIONS)
def test_serverless_beside_another(configurations: Configurations, observe: Observe) -> None:
    """A serverless variant excludes a second variant."""
    second = configurations.variant(SERVERLESS, VariantName="Other")
    found = configurations.refused(configurations.variant(SERVERLESS), second)
    observe("code", found.code, documented="ValidationException")


@belief("botocore: sagemaker.ProductionVariant ServerlessConfig (instead of instances)")
def test_serverless_on_instances(configurations: Configurations, observe: Observe) -> None:
    """A variant is serverless or has instances, not both."""
    found = configurations.refused(configurations.variant({**INSTANCES, **SERVERLESS}))
    observe("code", found.code, documented="ValidationException")


@belief(ASSUMED)
def test_serverless_with_capture_off(configurations: Configurations, observe: Observe) -> None:
    """A serverless variant is taken with a capture that is off."""
    capture = configurations.capture(enable=False)
    found = configurations.made("serverless", configurations.variant(SERVERLESS), DataCaptureConfig=capture)
    observe("memory", found["ProductionVariants"][0]["ServerlessConfig"]["MemorySizeInMB"], documented=2048)


@belief("botocore: sagemaker.ProductionVariant InitialVariantWeight (defaults to 1.0)")
def test_the_default_weight(configurations: Configurations, observe: Observe) -> None:
    """A variant without a weight has the weight 1."""
    found = configurations.made("weight", configurations.variant(INSTANCES))
    observe("weight", found["ProductionVariants"][0]["InitialVariantWeight"], documented=1.0)


@belief("botocore: sagemaker.CreateEndpointConfigInput KmsKeyId (local storage is not encrypted with it)")
def test_a_key_with_local_storage(aws: Target, configurations: Configurations, observe: Observe) -> None:
    """CreateEndpointConfig takes a key for an instance type with local storage, which jobs refuse."""
    key = f"arn:aws:kms:{aws.region}:{aws.account()}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    found = configurations.made("key", configurations.variant(INSTANCES, InstanceType="ml.g5.xlarge"), KmsKeyId=key)
    observe("key", found["KmsKeyId"], documented=key)


@belief(ASSUMED)
def test_a_configuration_needs_its_model(aws: Target, configurations: Configurations, observe: Observe) -> None:
    """A configuration of a model that does not exist is refused."""
    found = configurations.refused(configurations.variant(INSTANCES, ModelName=aws.name("no-model")))
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("Could not find model"))


@belief("https://github.com/awslabs/spot-tagging-bot-for-digital-assets/issues/2")
def test_a_configuration_has_one_name(configurations: Configurations, observe: Observe) -> None:
    """A second configuration of one name is refused."""
    variant = configurations.variant(INSTANCES)
    name = configurations.made("twice", variant)["EndpointConfigName"]
    found = configurations.refused(variant, EndpointConfigName=name)
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("^Cannot create already existing endpoint configuration "))


@belief(ASSUMED)
def test_variants_have_names_of_their_own(configurations: Configurations, observe: Observe) -> None:
    """Two variants of one name are refused."""
    found = configurations.refused(configurations.variant(INSTANCES), configurations.variant(INSTANCES))
    observe("code", found.code, documented="ValidationException")


@belief(ASSUMED)
def test_an_endpoint_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing an endpoint that does not exist is a ValidationException."""
    found = aws.refusal("sagemaker", "describe_endpoint", EndpointName=aws.name("no-endpoint"))
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("Could not find endpoint"))
