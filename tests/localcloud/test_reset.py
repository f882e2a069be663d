"""A reset forgets everything, whatever is running."""

import time

import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.localcloud.conftest import BUCKET, StartCloud
from tests.localcloud.test_endpoints import make_endpoint, make_model, variant
from tests.localcloud.test_jobs import processing_job


def test_a_reset_ends_what_runs_and_answers_at_once(
    start_cloud: StartCloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cloud = start_cloud(tmp_path_factory.mktemp("reset"))
    sagemaker = cloud.client("sagemaker")
    make_model(cloud, "serving")
    assert make_endpoint(cloud, "serving", variant("serving")) == "InService"
    cloud.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")
    sagemaker.create_processing_job(**processing_job("running", "--sleep", "60"))
    sagemaker.create_endpoint(EndpointName="starting", EndpointConfigName="serving")
    begin = time.monotonic()
    answer = urllib3.request("POST", f"{cloud.running.url}/_ministack/reset", timeout=20.0, retries=False)
    assert (answer.status, time.monotonic() - begin < 10) == (200, True)
    time.sleep(2)  # longer than the endpoint that was starting and the job take to end
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_processing_jobs()["ProcessingJobSummaries"] == []
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName="serving")
