from pathlib import Path

import pytest

from monitoring.analyze import main


def test_a_monitor_that_cannot_analyse_fails_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_KIND", "bias")
    assert main(tmp_path) == 1
    assert "bias: the analyzer is not in this version" in capsys.readouterr().err
    assert "nothing was analysed" in (tmp_path / "message").read_text(encoding="utf-8")
