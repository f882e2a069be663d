"""Endpoints: real HTTP servers, started from the image, behind InvokeEndpoint."""

import io
import json
import tarfile
import time
from collections import Counter
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import BUCKET, IMAGE, ROLE, LocalCloud
from tests.localcloud.waiting import wait_until


def put_model(cloud: LocalCloud, text: str) -> str:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("model.txt")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    cloud.client("s3").put_object(Bucket=BUCKET, Key=f"models/{text}.tar.gz", Body=buffer.getvalue())
    return f"s3://{BUCKET}/models/{text}.tar.gz"


def make_model(cloud: LocalCloud, name: str, **environment: str) -> None:
    container = {
        "Image": IMAGE,
        "ModelDataUrl": put_model(cloud, name),
        "Environment": {"MODEL_DIRECTORY": "/opt/ml/model", **environment},
    }
    cloud.client("sagemaker").create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)


def variant(model: str, name: str = "AllTraffic", weight: float = 1.0, instances: int = 1) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": instances,
        "InitialVariantWeight": weight,
    }


def make_endpoint(cloud: LocalCloud, name: str, *variants: dict[str, Any]) -> str:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants))
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return wait_for(cloud, name)


def wait_for(cloud: LocalCloud, name: str) -> str:
    def settled() -> bool:
        return status_of(cloud, name) not in ("Creating", "Updating")

    wait_until(settled)
    return status_of(cloud, name)


def status_of(cloud: LocalCloud, name: str) -> str:
    status: str = cloud.client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"]
    return status


def invoke(cloud: LocalCloud, name: str, body: bytes = b"{}", **arguments: str) -> dict[str, Any]:
    runtime = cloud.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=name, Body=body, ContentType="application/json", **arguments)
    content: dict[str, Any] = json.loads(answer["Body"].read())
    return {**content, "variant": answer["InvokedProductionVariant"]}


def test_an_endpoint_serves_its_model(cloud: LocalCloud) -> None:
    make_model(cloud, "plain")
    assert make_endpoint(cloud, "plain", variant("plain")) == "InService"
    answer = invoke(cloud, "plain")
    assert (answer["model"], answer["variant"], answer["arguments"]) == ("plain", "AllTraffic", ["serve"])
    described = cloud.client("sagemaker").describe_endpoint(EndpointName="plain")
    resolved = described["ProductionVariants"][0]["DeployedImages"][0]["ResolvedImage"]
    assert "@sha256:" in resolved


def test_servers_listen_on_loopback_only(cloud: LocalCloud) -> None:
    make_model(cloud, "loopback")
    make_endpoint(cloud, "loopback", variant("loopback"))
    server = psutil.Process(invoke(cloud, "loopback")["pid"])
    processes = [psutil.Process(cloud.running.pid), server]
    addresses = {
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_an_update_serves_the_new_model_and_ends_the_old_server(cloud: LocalCloud) -> None:
    make_model(cloud, "old")
    make_model(cloud, "new", STARTS_AFTER_SECONDS="3")  # meanwhile the old one is asked
    make_endpoint(cloud, "updated", variant("old"))
    old_server = psutil.Process(invoke(cloud, "updated")["pid"])
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="updated-2", ProductionVariants=[variant("new")])
    sagemaker.update_endpoint(EndpointName="updated", EndpointConfigName="updated-2")
    assert invoke(cloud, "updated")["model"] == "old"
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        sagemaker.update_endpoint(EndpointName="updated", EndpointConfigName="updated-2")
    assert wait_for(cloud, "updated") == "InService"
    assert invoke(cloud, "updated")["model"] == "new"
    wait_until(lambda: not old_server.is_running())


def test_a_server_that_dies_at_start_fails_the_endpoint_with_a_reason(cloud: LocalCloud) -> None:
    make_model(cloud, "dies", DIES="yes")
    assert make_endpoint(cloud, "dies", variant("dies")) == "Failed"
    described = cloud.client("sagemaker").describe_endpoint(EndpointName="dies")
    assert "did not pass the ping health check" in described["FailureReason"]


def test_a_failed_update_leaves_the_old_model_serving(cloud: LocalCloud) -> None:
    make_model(cloud, "steady")
    make_model(cloud, "dies-later", DIES="yes")
    make_endpoint(cloud, "steady", variant("steady"))
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="steady-2", ProductionVariants=[variant("dies-later")])
    sagemaker.update_endpoint(EndpointName="steady", EndpointConfigName="steady-2")
    assert wait_for(cloud, "steady") == "InService"
    assert sagemaker.describe_endpoint(EndpointName="steady")["EndpointConfigName"] == "steady"
    assert invoke(cloud, "steady")["model"] == "steady"


def test_traffic_is_split_by_weight_and_among_instances(cloud: LocalCloud) -> None:
    for name in ("most", "some"):
        make_model(cloud, name)
    make_endpoint(cloud, "split", variant("most", "Most", 3.0, instances=2), variant("some", "Some", 1.0))
    answers = [invoke(cloud, "split") for _ in range(200)]
    counts = Counter(answer["variant"] for answer in answers)
    assert 110 < counts["Most"] < 185
    assert len({answer["pid"] for answer in answers}) == 3
    assert {invoke(cloud, "split", TargetVariant="Some")["model"] for _ in range(5)} == {"some"}


def test_an_error_of_the_container_is_a_model_error(cloud: LocalCloud) -> None:
    make_model(cloud, "errs")
    make_endpoint(cloud, "errs", variant("errs"))
    with pytest.raises(ClientError, match="ModelError") as raised:
        invoke(cloud, "errs", b"bad")
    assert raised.value.response["OriginalStatusCode"] == 400
    assert "bad request" in raised.value.response["OriginalMessage"]


def test_a_deleted_endpoint_leaves_no_server(cloud: LocalCloud) -> None:
    make_model(cloud, "gone")
    make_endpoint(cloud, "gone", variant("gone"))
    server = psutil.Process(invoke(cloud, "gone")["pid"])
    cloud.client("sagemaker").delete_endpoint(EndpointName="gone")
    wait_until(lambda: not server.is_running())
    with pytest.raises(ClientError, match="Endpoint gone of account 000000000000 not found"):
        invoke(cloud, "gone")


def test_an_endpoint_whose_model_is_deleted_meanwhile_still_serves(cloud: LocalCloud) -> None:
    make_model(cloud, "fleeting")
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_endpoint_config(EndpointConfigName="fleeting", ProductionVariants=[variant("fleeting")])
    sagemaker.create_endpoint(EndpointName="fleeting", EndpointConfigName="fleeting")
    time.sleep(0.05)
    sagemaker.delete_model(ModelName="fleeting")
    assert wait_for(cloud, "fleeting") in ("InService", "Failed")
    sagemaker.delete_endpoint(EndpointName="fleeting")


def test_a_model_of_a_package_must_be_approved(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="approvals")
    arn = sagemaker.create_model_package(
        ModelPackageGroupName="approvals",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": IMAGE,
                    "ModelDataUrl": put_model(cloud, "packaged"),
                    "Environment": {"MODEL_DIRECTORY": "/opt/ml/model"},
                }
            ],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    model = {"ModelName": "packaged", "PrimaryContainer": {"ModelPackageName": arn}, "ExecutionRoleArn": ROLE}
    with pytest.raises(ClientError, match="not approved"):
        sagemaker.create_model(**model)
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sagemaker.create_model(**model)
    make_endpoint(cloud, "packaged", variant("packaged"))
    assert invoke(cloud, "packaged")["model"] == "packaged"


def test_the_service_refuses_what_aws_refuses(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant("nothing")])
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="nothing")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="nothing")
