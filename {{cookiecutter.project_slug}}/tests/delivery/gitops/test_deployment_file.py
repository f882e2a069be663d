"""The record of what serves."""

import pytest

from delivery.errors import ReleaseRefused
from delivery.gitops.deployment_file import file_text, parse_file, recorded_version, version_to_release
from delivery.registry import NONE
from tests.delivery.gitops.versions import arn_of


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


def test_a_project_begins_without_a_version() -> None:
    assert recorded_version("production") == NONE
    with pytest.raises(ReleaseRefused, match="make versions"):
        version_to_release("production")
