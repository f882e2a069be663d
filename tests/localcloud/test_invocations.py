"""What InvokeEndpoint leaves behind: metrics, captured requests, copies for a shadow; and requests during an update."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.localcloud.conftest import BUCKET, LocalCloud
from tests.localcloud.test_endpoints import invoke, make_model, variant, wait_for
from tests.localcloud.waiting import wait_until

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


def serve(cloud: LocalCloud, name: str, **config: Any) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(name)], **config)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert wait_for(cloud, name) == "InService"


def total(cloud: LocalCloud, endpoint: str, metric: str, variant_name: str = "AllTraffic") -> float:
    now = datetime.now(UTC)
    answer = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant_name},
        ],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def captured(cloud: LocalCloud, endpoint: str, variant_name: str = "AllTraffic") -> list[dict[str, Any]]:
    s3 = cloud.client("s3")
    prefix = f"captured/{endpoint}/{variant_name}/"
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in sorted(keys)]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_metrics_have_sagemakers_names_and_dimensions(cloud: LocalCloud) -> None:
    make_model(cloud, "measured")
    serve(cloud, "measured")
    for _ in range(5):
        invoke(cloud, "measured")
    wait_until(lambda: total(cloud, "measured", "Invocations") == 5)
    assert total(cloud, "measured", "Invocation5XXErrors") == 0
    assert total(cloud, "measured", "Invocation4XXErrors") == 0
    assert total(cloud, "measured", "ModelLatency") > 5 * 100, "microseconds"
    assert total(cloud, "measured", "OverheadLatency") > 0
    assert total(cloud, "measured", "Invocations", "Another") == 0


def test_requests_are_captured_in_sagemakers_format(cloud: LocalCloud) -> None:
    make_model(cloud, "watched")
    serve(cloud, "watched", DataCaptureConfig=CAPTURE)
    described = cloud.client("sagemaker").describe_endpoint(EndpointName="watched")
    assert described["DataCaptureConfig"]["CaptureStatus"] == "Started"
    answer = cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="watched", Body=b'{"asked": 1}', ContentType="application/json", InferenceId="order 4711"
    )
    assert answer["ContentType"] == "application/json"
    wait_until(lambda: len(captured(cloud, "watched")) == 1)
    record = captured(cloud, "watched")[0]
    assert record["eventVersion"] == "0"
    assert record["eventMetadata"]["inferenceId"] == "order 4711"
    assert record["captureData"]["endpointInput"] == {
        "observedContentType": "application/json",
        "mode": "INPUT",
        "data": '{"asked": 1}',
        "encoding": "JSON",
    }
    assert json.loads(record["captureData"]["endpointOutput"]["data"])["model"] == "watched"


def test_sampling_captures_a_share(cloud: LocalCloud) -> None:
    make_model(cloud, "sampled")
    serve(cloud, "sampled", DataCaptureConfig={**CAPTURE, "InitialSamplingPercentage": 50})
    for _ in range(100):
        invoke(cloud, "sampled")
    wait_until(lambda: total(cloud, "sampled", "Invocations") == 100)
    time.sleep(1)
    assert 25 < len(captured(cloud, "sampled")) < 75


def test_a_shadow_gets_copies_and_answers_nobody(cloud: LocalCloud) -> None:
    for name in ("lit", "shaded"):
        make_model(cloud, name)
    serve(cloud, "lit", DataCaptureConfig=CAPTURE, ShadowProductionVariants=[variant("shaded", "Shadow")])
    assert {invoke(cloud, "lit")["model"] for _ in range(20)} == {"lit"}
    wait_until(lambda: len(captured(cloud, "lit", "Shadow")) == 20)
    answers = [
        json.loads(record["captureData"]["endpointOutput"]["data"]) for record in captured(cloud, "lit", "Shadow")
    ]
    assert {answer["model"] for answer in answers} == {"shaded"}
    wait_until(lambda: total(cloud, "lit", "Invocations", "Shadow") == 20)
    described = cloud.client("sagemaker").describe_endpoint(EndpointName="lit")
    assert [shadow["VariantName"] for shadow in described["ShadowProductionVariants"]] == ["Shadow"]


def test_no_request_fails_while_the_fleet_is_changed(cloud: LocalCloud) -> None:
    for name in ("before", "after"):
        make_model(cloud, name)
    serve(cloud, "before")
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="after", ProductionVariants=[variant("after")])
    asked: list[str] = []

    def ask() -> None:
        while "after" not in asked[-20:] or len(asked) < 300:
            asked.append(invoke(cloud, "before")["model"])

    with ThreadPoolExecutor(max_workers=8) as pool:
        asking = [pool.submit(ask) for _ in range(8)]
        wait_until(lambda: "before" in asked)
        sagemaker.update_endpoint(EndpointName="before", EndpointConfigName="after")
        for outcome in asking:
            outcome.result(timeout=60)
    assert set(asked) == {"before", "after"}
