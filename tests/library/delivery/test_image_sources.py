from pathlib import Path

import pytest
from sagemaker_mlops.delivery import image_sources
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.image_sources import read_image_uri, record_image
from sagemaker_mlops.project import ROOT


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with nothing built yet."""
    (tmp_path / "contract").mkdir()
    (tmp_path / "contract" / "contract.yaml").write_text("floor: 1")
    (tmp_path / "Dockerfile").write_text("FROM x")
    monkeypatch.setattr(image_sources, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_image_must_be_built_first() -> None:
    with pytest.raises(DeliveryError, match="mlops image build"):
        read_image_uri(None)


def test_the_image_that_was_built_is_used() -> None:
    record_image("repository@sha256:1")
    assert read_image_uri(None) == "repository@sha256:1"


def test_an_image_from_before_a_change_is_refused(elsewhere: Path) -> None:
    record_image("repository@sha256:1")
    (elsewhere / "contract" / "contract.yaml").write_text("floor: 2")
    with pytest.raises(DeliveryError, match=r"before contract/contract.yaml changed.*mlops image build"):
        read_image_uri(None)


def test_a_named_image_is_taken_as_it_is(elsewhere: Path) -> None:
    assert read_image_uri("other@sha256:2") == "other@sha256:2"


def test_every_source_is_there() -> None:
    assert all((ROOT / name).exists() for name in image_sources.SOURCES)


def test_another_rollout_asks_for_no_new_image(elsewhere: Path) -> None:
    operations = elsewhere / "operations.yaml"
    operations.write_text("rollout: {step_percent: 10}")
    record_image("repository@sha256:1")
    operations.write_text("rollout: {step_percent: 20}")
    assert read_image_uri(None) == "repository@sha256:1"
    copied = [line.split()[1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    assert "operations.yaml" not in copied
    assert "." not in copied
