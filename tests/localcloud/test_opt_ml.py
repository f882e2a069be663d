"""An image that opens /opt/ml by itself is told what localcloud lacks, instead of failing without a cause."""

import sys
from pathlib import Path
from typing import Any

import pytest
from localcloud.sagemaker import container as containers
from localcloud.sagemaker.container import Container

from tests.localcloud.conftest import LocalCloud
from tests.localcloud.test_endpoints import make_endpoint, put_model, variant
from tests.localcloud.test_jobs import data, finished, processing_job  # noqa: F401  (a fixture of the module)

READS = "open('/opt/ml/processing/input/data/a.csv')"
SERVES = "import sys; sys.exit(open('/opt/ml/model/model.txt').read())"


def test_a_job_that_opens_the_path_itself_is_told_why_it_failed(sagemaker: Any) -> None:
    job = processing_job("opens")
    job["AppSpecification"] |= {"ContainerEntrypoint": ["python", "-c", READS], "ContainerArguments": ["x"]}
    sagemaker.create_processing_job(**job)
    reason = finished(sagemaker, "opens")["FailureReason"]
    assert reason.startswith("NotInLocalcloud: localcloud does not implement /opt/ml for images that open it")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/a.txt'", True),
        ("PermissionError: [Errno 13] Permission denied: '/opt/ml'", True),
        ("cat: cannot open /opt/ml/model", True),
        ("No such file or directory: '/tmp/jobs/one/opt/ml/model/a.txt'", False),
        ("reading /opt/ml/model/a.txt", False),
    ],
)
def test_lines_are_read(line: str, expected: bool) -> None:
    assert bool(containers.REACHED_OUTSIDE.search(line)) is expected


def test_a_container_that_makes_the_folder_on_the_laptop_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    monkeypatch.setattr(containers, "OUTSIDE", outside)
    image: Any = None
    container = Container(image, tmp_path)
    assert container.hint is None
    outside.mkdir()
    assert container.hint == containers.OPT_ML_HINT


def test_an_endpoint_whose_server_opens_the_path_itself_is_told(cloud: LocalCloud, sagemaker: Any) -> None:
    image = cloud.images
    source = Path(__file__).parent / "image"
    dockerfile = cloud.instance.directory / "Dockerfile"
    dockerfile.write_text(f'FROM scratch\nWORKDIR /app\nCOPY job.py ./\nENTRYPOINT ["python", "-c", "{SERVES}"]\n')
    name = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/opens:1"
    image.tag(name, image.build(source, dockerfile, Path(sys.executable)))
    image.push(name)
    container = {"Image": name, "ModelDataUrl": put_model(cloud, "opens")}
    role = "arn:aws:iam::000000000000:role/test-role"
    sagemaker.create_model(ModelName="opens", PrimaryContainer=container, ExecutionRoleArn=role)
    assert make_endpoint(cloud, "opens", variant("opens")) == "Failed"
    reason = sagemaker.describe_endpoint(EndpointName="opens")["FailureReason"]
    assert "localcloud does not implement /opt/ml for images that open it themselves" in reason
