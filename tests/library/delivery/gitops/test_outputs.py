"""What commands leave for what comes after them."""

from pathlib import Path

import pytest
from sagemaker_mlops.delivery.gitops.outputs import delete_outputs, read_outputs, write_outputs


def test_outputs_are_kept_and_told_to_the_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    write_outputs("release", {"message": "first\nsecond=forged", "checks": [{"passed": True}]})
    assert read_outputs("release")["message"] == "first\nsecond=forged"
    assert (tmp_path / "outputs").read_text() == 'message=first second=forged\nchecks=[{"passed": true}]\n'
    delete_outputs("release")
    assert read_outputs("release") == {}
