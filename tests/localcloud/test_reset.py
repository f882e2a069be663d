"""A reset forgets everything, whatever is running."""

import time
from pathlib import Path
from threading import Event, Thread
from unittest.mock import Mock

import pytest
import urllib3
from botocore.exceptions import ClientError
from localcloud.log_stream import LogStream
from localcloud.scope import Scope

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


def test_a_discarded_log_stream_does_not_wait_for_lines_that_are_being_sent(tmp_path: Path) -> None:
    """CloudWatch Logs answers these only after the reset, which waits for the stream to close."""
    is_sending, may_answer, closed = Event(), Event(), Event()

    def log(*_line: object) -> None:
        is_sending.set()
        may_answer.wait(60)

    stream = LogStream(Mock(log=log), Scope("111111111111", "eu-west-1"), "group", "stream", tmp_path / "log")

    def reset() -> None:
        stream.discard()
        stream.close()
        closed.set()

    stream.write("a line")
    assert is_sending.wait(10)
    Thread(target=reset, daemon=True).start()
    was_closed = closed.wait(10)
    may_answer.set()
    assert was_closed
    stream.write("a line after the reset")
    assert (tmp_path / "log").read_text() == "a line\n"
