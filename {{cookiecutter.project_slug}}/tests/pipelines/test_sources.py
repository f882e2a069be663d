from pathlib import Path

import pytest

from pipelines import sources


def test_the_definitions_were_compiled_from_these_sources() -> None:
    assert sources.changed_sources() == [], "run `make compile` and commit the result"


def test_a_source_that_changed_afterwards_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "training.py"
    changed.write_text("# another pipeline")
    monkeypatch.setattr(sources, "SOURCES", (changed, *sources.SOURCES[1:]))
    assert sources.changed_sources() == ["training.py"]
