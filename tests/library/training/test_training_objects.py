"""Objects are fetched in exactly the versions of the manifest."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.runtime.job import StepRefused
from sagemaker_mlops.training.training_objects import fetch_objects

URI = "s3://bucket/data/"
STORED = {
    ("data/month=2025-02.csv", "v1"): b"old",
    ("data/month=2025-02.csv", "v2"): b"newer",
    ("data/a/b.csv", "v1"): b"b",
}


class FakeS3:
    """A versioned bucket."""

    def download_file(self, bucket: str, key: str, path: str, ExtraArgs: dict[str, Any]) -> None:  # noqa: N803
        assert bucket == "bucket"
        found = STORED.get((key, ExtraArgs["VersionId"]))
        if found is None:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        Path(path).write_bytes(found)


def entry(name: str, version_id: str, size_bytes: int) -> dict[str, Any]:
    return {"name": name, "version_id": version_id, "size_bytes": size_bytes}


def fetch(directory: Path, *objects: dict[str, Any]) -> None:
    fetch_objects(URI, {"objects": list(objects)}, directory, FakeS3())


def test_the_version_of_the_manifest_is_fetched_though_there_is_a_newer_one(tmp_path: Path) -> None:
    fetch(tmp_path / "data", entry("month=2025-02.csv", "v1", 3), entry("a/b.csv", "v1", 1))
    assert (tmp_path / "data" / "month=2025-02.csv").read_bytes() == b"old"
    assert (tmp_path / "data" / "a" / "b.csv").read_bytes() == b"b"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (entry("month=2025-02.csv", "v3", 3), r"expected version v3 of month=2025-02.csv.* S3 answers 404"),
        (entry("month=2025-02.csv", "v2", 3), r"expected 3 bytes of month=2025-02.csv, found 5"),
        (entry("../outside.csv", "v1", 3), r"expected object names below data/, found ../outside.csv"),
    ],
)
def test_what_is_not_the_object_of_the_manifest_is_refused(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(StepRefused, match=message):
        fetch(tmp_path / "data", wrong)
    assert not (tmp_path / "outside.csv").exists()


def test_a_file_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "mounted.csv").write_bytes(b"12345")
    fetch(tmp_path, entry("mounted.csv", "nowhere", 5))
    with pytest.raises(StepRefused, match=r"expected version nowhere of mounted\.csv"):
        fetch(tmp_path, entry("mounted.csv", "nowhere", 6))
