import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.contract.labels import BinaryLabel
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.monitors.put_labels import put_labels, read_label_file
from sagemaker_mlops.delivery.target import Target

LABEL = BinaryLabel(name="bought")


@dataclass
class FakeS3:
    """A bucket as a dictionary."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def head_object(self, Key: str, **_: Any) -> None:  # noqa: N803
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": ""}}, "HeadObject")

    def put_object(self, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[Key] = Body


@dataclass
class FakeTarget:
    """An environment with nothing but a bucket."""

    s3: FakeS3 = field(default_factory=FakeS3)

    @property
    def names(self) -> Any:
        return type("Names", (), {"capture_bucket": "bucket"})

    def client(self, _service: str) -> FakeS3:
        return self.s3


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_labels_are_lines_that_model_monitor_reads(tmp_path: Path) -> None:
    found = read_label_file(write(tmp_path / "l.csv", "id,bought\nb,true\na,0\n"), "id", "bought", LABEL)
    lines = [json.loads(line) for line in found.content.splitlines()]
    assert [line["eventMetadata"] for line in lines] == [{"eventId": "a"}, {"eventId": "b"}]
    assert [line["groundTruthData"] for line in lines] == [
        {"data": "0", "encoding": "CSV"},
        {"data": "1", "encoding": "CSV"},
    ]


def test_the_same_labels_are_uploaded_once_whatever_file_they_come_in(tmp_path: Path) -> None:
    target = FakeTarget()
    first = read_label_file(write(tmp_path / "a.csv", "id,label\na,true\nb,false\na,true\n"), "id", "label", LABEL)
    assert put_labels(cast(Target, target), first)
    before = dict(target.s3.objects)
    pl.DataFrame({"id": ["b", "a"], "label": [False, True]}).write_parquet(tmp_path / "b.parquet")
    assert not put_labels(cast(Target, target), read_label_file(tmp_path / "b.parquet", "id", "label", LABEL))
    assert target.s3.objects == before
    assert sum(key.startswith("labels/") for key in before) == 1


def test_an_upload_that_was_interrupted_is_made_again(tmp_path: Path) -> None:
    target = FakeTarget()
    labels = read_label_file(write(tmp_path / "a.csv", "id,label\na,true\n"), "id", "label", LABEL)
    put_labels(cast(Target, target), labels)
    del target.s3.objects[f"label-files/{labels.digest}.json"]
    assert put_labels(cast(Target, target), labels)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\na,true\nb,maybe\n", "a label that is not true or false in rows 2"),
        ("id,label\na,\n", "a label that is not true or false in rows 1"),
        ("id,label\n,true\n", "no inference id of 1 to 64 printable ASCII characters .* in rows 1"),
        ("id,label\na,true\n order,true\n", "no inference id of .* without a leading space in rows 2"),
        (f"id,label\n{'x' * 65},true\n", "no inference id of 1 to 64 printable ASCII characters .* in rows 1"),
        ("id,label\na,true\na,false\n", "two different labels for one inference id in rows 1, 2"),
        ("key,label\na,true\n", "expected the columns id and label, found no id"),
        ("", "empty file"),
    ],
)
def test_what_is_no_label_is_told_with_its_rows(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        read_label_file(write(tmp_path / "l.csv", text), "id", "label", LABEL)


def test_other_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="expected a file that ends in"):
        read_label_file(tmp_path / "labels.xlsx", "id", "label", LABEL)
