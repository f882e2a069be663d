"""The record of what serves."""

from pathlib import Path

import pytest
from sagemaker_mlops.delivery.errors import ReleaseRefused
from sagemaker_mlops.delivery.gitops import deployment_file
from sagemaker_mlops.delivery.gitops.deployment_file import file_text, parse_file, recorded_version, version_to_release
from sagemaker_mlops.delivery.registry import NONE

from tests.library.delivery.gitops.versions import arn_of


@pytest.mark.parametrize("arn", [NONE, arn_of(3)])
def test_what_is_written_is_read(arn: str) -> None:
    assert parse_file(file_text("production", arn), "production") == arn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model_package_arn: latest",
        f"model_package_arn: {arn_of(1)}\nmodel_package_arm: {arn_of(2)}",
        "model_package_arn: [",
        f"{arn_of(1)}",
        "model_package_arn: 3",
        f"model_package_arn: {arn_of(1)}0x",
    ],
)
def test_anything_else_is_refused_with_the_files_name(text: str) -> None:
    with pytest.raises(ReleaseRefused, match=r"deployments/production\.yaml"):
        parse_file(text, "production")


def test_the_repositorys_own_record_is_sound() -> None:
    for path in deployment_file.DIRECTORY.glob("*.yaml"):
        assert parse_file(path.read_text(encoding="utf-8"), path.stem)


def test_where_no_version_is_recorded_there_is_none_to_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment_file, "DIRECTORY", tmp_path)
    for text in (None, file_text("production", NONE)):
        if text:
            (tmp_path / "production.yaml").write_text(text)
        assert recorded_version("production") == NONE
        with pytest.raises(ReleaseRefused, match="mlops versions"):
            version_to_release("production")
    (tmp_path / "production.yaml").write_text(file_text("production", arn_of(4)))
    assert version_to_release("production") == arn_of(4)
