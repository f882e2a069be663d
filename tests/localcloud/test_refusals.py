"""Endpoint configurations, jobs and updates that SageMaker refuses, and members that it answers with."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from localcloud.cloud import Cloud
from localcloud.sagemaker.endpoint_metrics import EndpointMetrics
from localcloud.scope import Scope

from tests.localcloud.conftest import BUCKET, IMAGE, ROLE, LocalCloud
from tests.localcloud.test_endpoints import make_endpoint, make_model, variant
from tests.localcloud.test_jobs import processing_job, training_job
from tests.localcloud.waiting import wait_until

KEY = "arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/c",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.fixture(scope="module", autouse=True)
def model(cloud: LocalCloud) -> None:
    make_model(cloud, "refused")
    cloud.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")


def serverless(memory: int = 2048, **members: Any) -> dict[str, Any]:
    config = {"MemorySizeInMB": memory, "MaxConcurrency": 1}
    return {"VariantName": "AllTraffic", "ModelName": "refused", "ServerlessConfig": config, **members}


def configure(sagemaker: Any, *variants: dict[str, Any], **members: Any) -> Any:
    return sagemaker.create_endpoint_config(EndpointConfigName="refused", ProductionVariants=list(variants), **members)


def test_serverless_memory_is_one_of_six_sizes(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, ProductionVariantServerlessConfig MemorySizeInMB."""
    with pytest.raises(ClientError, match=r"Value '1111' at .*memorySizeInMB' failed to satisfy constraint") as raised:
        configure(sagemaker, serverless(1111))
    assert "[1024, 2048, 3072, 4096, 5120, 6144]" in raised.value.response["Error"]["Message"]


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions
@pytest.mark.parametrize(
    ("variants", "members", "what"),
    [
        ([serverless()], {"DataCaptureConfig": CAPTURE}, "data capture"),
        ([serverless(), serverless(VariantName="Other")], {}, "several variants"),
        ([serverless(InstanceType="ml.m5.large", InitialInstanceCount=1)], {}, "instances"),
    ],
)
def test_serverless_excludes(sagemaker: Any, variants: list[Any], members: dict[str, Any], what: str) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*do not support {what}"):
        configure(sagemaker, *variants, **members)


def test_serverless_without_capture_is_taken(sagemaker: Any) -> None:
    sagemaker.create_endpoint_config(
        EndpointConfigName="serverless",
        ProductionVariants=[serverless()],
        DataCaptureConfig={**CAPTURE, "EnableCapture": False},
    )


def test_variants_show_the_weight_that_they_have(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, ProductionVariant InitialVariantWeight: "If unspecified, it defaults to 1.0"."""
    given = {key: value for key, value in variant("refused").items() if key != "InitialVariantWeight"}
    sagemaker.create_endpoint_config(EndpointConfigName="weighed", ProductionVariants=[given])
    described = sagemaker.describe_endpoint_config(EndpointConfigName="weighed")
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 1.0


# Source: botocore 1.43.106, VolumeKmsKeyId of ResourceConfig and of ProcessingClusterConfig: "You can't request a
# VolumeKmsKeyId when using an instance type with local storage". CreateEndpointConfig takes the key and says that it
# does not encrypt the local storage: KmsKeyId of CreateEndpointConfigInput in the same model.
@pytest.mark.parametrize(
    ("instance_type", "refused"), [("ml.g4dn.xlarge", True), ("ml.g5.xlarge", True), ("ml.m5.large", False)]
)
def test_jobs_take_no_key_with_local_storage(sagemaker: Any, instance_type: str, refused: bool) -> None:
    cluster = {"InstanceCount": 1, "InstanceType": instance_type, "VolumeSizeInGB": 1, "VolumeKmsKeyId": KEY}
    suffix = instance_type.replace(".", "-")
    calls: list[Any] = [
        lambda: sagemaker.create_training_job(**{**training_job(f"key-{suffix}"), "ResourceConfig": cluster}),
        lambda: sagemaker.create_processing_job(
            **processing_job(f"key-{suffix}", ProcessingResources={"ClusterConfig": cluster})
        ),
    ]
    for call in calls:
        if refused:
            with pytest.raises(ClientError, match="VolumeKmsKeyId is not supported"):
                call()
        else:
            call()
    configure_with_key = {"EndpointConfigName": f"key-{suffix}", "KmsKeyId": KEY}
    sagemaker.create_endpoint_config(
        **configure_with_key, ProductionVariants=[{**variant("refused"), "InstanceType": instance_type}]
    )


def test_jobs_on_several_instances_are_named_as_missing(sagemaker: Any) -> None:
    cluster = {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}}
    with pytest.raises(ClientError, match=r"NotInLocalcloud.*jobs on 2 instances"):
        sagemaker.create_processing_job(**processing_job("pair", ProcessingResources=cluster))


def test_the_configuration_in_use_is_refused(cloud: LocalCloud, sagemaker: Any) -> None:
    """Source: botocore 1.43.106, UpdateEndpoint: "you must create a new EndpointConfig". The message is assumed."""
    assert make_endpoint(cloud, "unchanged", variant("refused")) == "InService"
    with pytest.raises(ClientError, match=r"ValidationException.*with the endpoint configuration that it uses"):
        sagemaker.update_endpoint(EndpointName="unchanged", EndpointConfigName="unchanged")


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
def test_the_instance_type_of_a_scaled_variant_cannot_change(cloud: LocalCloud, sagemaker: Any) -> None:
    assert make_endpoint(cloud, "scaled", variant("refused")) == "InService"
    template = """{"Resources": {"Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
        "MinCapacity": 1, "MaxCapacity": 2, "ServiceNamespace": "sagemaker", "RoleARN": "ROLE",
        "ResourceId": "endpoint/scaled/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}}}}"""
    client = cloud.client("cloudformation")
    client.create_stack(StackName="scaled", TemplateBody=template.replace("ROLE", ROLE))
    client.get_waiter("stack_create_complete").wait(StackName="scaled", WaiterConfig={"Delay": 1})
    bigger, renamed = {**variant("refused"), "InstanceType": "ml.m5.xlarge"}, variant("refused", "Other")
    for name, changed in (("scaled-bigger", bigger), ("scaled-renamed", renamed)):
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[changed])
        with pytest.raises(ClientError, match="Deregister the scalable target first"):
            sagemaker.update_endpoint(EndpointName="scaled", EndpointConfigName=name)
    sagemaker.create_endpoint_config(EndpointConfigName="scaled-same", ProductionVariants=[variant("refused")])
    sagemaker.update_endpoint(EndpointName="scaled", EndpointConfigName="scaled-same")


def test_a_token_makes_one_version(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, CreateModelPackageInput ClientToken: "guarantees that the call ... is idempotent"."""
    sagemaker.create_model_package_group(ModelPackageGroupName="once")
    request = {
        "ModelPackageGroupName": "once",
        "ClientToken": "0" * 36,
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    arns = {sagemaker.create_model_package(**request)["ModelPackageArn"] for _ in range(2)}
    assert len(arns) == 1
    assert sagemaker.create_model_package(**{**request, "ClientToken": "1" * 36})["ModelPackageArn"] not in arns


def test_a_training_shows_its_phases_and_its_time(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, DescribeTrainingJobResponse."""
    sagemaker.create_training_job(**training_job("phased"))
    wait_until(lambda: sagemaker.describe_training_job(TrainingJobName="phased")["TrainingJobStatus"] == "Completed")
    job = sagemaker.describe_training_job(TrainingJobName="phased")
    phases = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    assert phases == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(transition["EndTime"] >= transition["StartTime"] for transition in job["SecondaryStatusTransitions"])
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"] >= 1
    assert job["EnableNetworkIsolation"] is False


def test_models_and_pipelines_show_what_was_not_given(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, DescribeModelOutput EnableNetworkIsolation, DescribePipelineResponse LastRunTime."""
    assert sagemaker.describe_model(ModelName="refused")["EnableNetworkIsolation"] is False
    definition = '{"Version": "2020-12-01", "Steps": []}'
    token = {"ClientRequestToken": "0" * 32}
    sagemaker.create_pipeline(PipelineName="ran", PipelineDefinition=definition, RoleArn=ROLE, **token)
    assert "LastRunTime" not in sagemaker.describe_pipeline(PipelineName="ran")
    sagemaker.start_pipeline_execution(PipelineName="ran", **token)
    run = sagemaker.describe_pipeline(PipelineName="ran")["LastRunTime"]
    assert sagemaker.list_pipelines(PipelineNamePrefix="ran")["PipelineSummaries"][0]["LastExecutionTime"] == run


class Published:
    """A cloud whose CloudWatch keeps what is put."""

    def __init__(self) -> None:
        self.host = self
        self.sums: dict[str, float] = {}

    def client(self, _scope: Scope, _service: str) -> "Published":
        return self

    def put_metric_data(self, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803
        for datum in MetricData:
            pairs = zip(datum["Values"], datum["Counts"], strict=True)
            self.sums[datum["MetricName"]] = sum(value * count for value, count in pairs)


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html, endpoint invocation metrics:
# Invocation5XXErrors counts what the model answered; InvocationModelErrors every request without a 2XX answer,
# those that were not answered at all among them.
@pytest.mark.parametrize(
    ("status", "expected"), [(200, (0, 0, 0)), (400, (1, 0, 1)), (500, (0, 1, 1)), (None, (0, 0, 1))]
)
def test_model_errors_are_counted_apart_from_5xx(status: int | None, expected: tuple[int, ...]) -> None:
    metrics, cloud = EndpointMetrics(), Published()
    key = (Scope("000000000000", "eu-west-1"), "endpoint", "variant")
    metrics.record(key, status=status, instances=1, model_seconds=0.1, overhead_seconds=0.0)
    published: Any = cloud
    given: Cloud = published
    metrics.publish(given)
    names = ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
    assert tuple(cloud.sums[name] for name in names) == expected
