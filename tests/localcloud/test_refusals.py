"""Jobs and updates that SageMaker refuses, and members that it answers with; more is in tests/conformance."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from localcloud.cloud import Cloud
from localcloud.sagemaker.endpoint_metrics import EndpointMetrics
from localcloud.scope import Scope

from tests.localcloud.conftest import BUCKET, ROLE, LocalCloud
from tests.localcloud.test_endpoints import make_endpoint, make_model, variant
from tests.localcloud.test_jobs import processing_job, training_job
from tests.localcloud.waiting import wait_until


@pytest.fixture(scope="module", autouse=True)
def model(cloud: LocalCloud) -> None:
    make_model(cloud, "refused")
    cloud.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")


def test_a_job_takes_a_key_without_local_storage(sagemaker: Any) -> None:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1, "VolumeKmsKeyId": "alias/any"}
    assert sagemaker.create_training_job(**{**training_job("encrypted"), "ResourceConfig": cluster})


def test_jobs_on_several_instances_are_named_as_missing(sagemaker: Any) -> None:
    cluster = {"ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}}
    with pytest.raises(ClientError, match=r"NotInLocalcloud.*jobs on 2 instances"):
        sagemaker.create_processing_job(**processing_job("pair", ProcessingResources=cluster))


def test_images_of_registries_that_are_not_here_are_named_as_missing(sagemaker: Any) -> None:
    """Such as those of AWS's own algorithms; an own image that nobody pushed is refused in AWS's words."""
    image = "382416733822.dkr.ecr.eu-west-1.amazonaws.com/linear-learner:1"
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    with pytest.raises(ClientError, match=r"NotInLocalcloud.*linear-learner of account 382416733822"):
        sagemaker.create_training_job(**{**training_job("algorithm"), "AlgorithmSpecification": algorithm})
    with pytest.raises(ClientError, match=r"NotInLocalcloud.*linear-learner of account 382416733822"):
        sagemaker.create_model(ModelName="algorithm", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": image})


def test_metrics_of_a_trainings_log_are_named_as_missing(sagemaker: Any) -> None:
    job = training_job("measured")
    metrics = [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]
    specification = {**job["AlgorithmSpecification"], "MetricDefinitions": metrics}
    with pytest.raises(ClientError, match=r"NotInLocalcloud.*MetricDefinitions"):
        sagemaker.create_training_job(**{**job, "AlgorithmSpecification": specification})


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
