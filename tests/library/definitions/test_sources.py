import json
from pathlib import Path

import pytest
from sagemaker_mlops.definitions import sources


def test_the_definitions_were_compiled_from_these_sources() -> None:
    assert sources.changed_sources() == [], "run `make compile` and commit the result"


def test_a_source_that_changed_afterwards_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = sources.source_hashes()
    record = tmp_path / "compiled_sources.json"
    record.write_text(json.dumps({**recorded, "pipelines/training.py": "another"}))
    monkeypatch.setattr(sources, "RECORD", record)
    assert sources.changed_sources() == ["pipelines/training.py"]
