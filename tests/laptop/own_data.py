"""Teams' own data in tests: real data sets, from files to predictions by the commands of the guide."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop, said

FOLDER = "build/own-data"
WRITER = Path(__file__).with_name("write_own_data.py")


def write_csv(project: BakedProject, name: str, label: str, first: int = 0, last: int = 10_000) -> str:
    """Write rows of a data set as it came, without ids and times; returns the path in the project."""
    path = f"{FOLDER}/{name}-{first}.csv"
    result = project.run(".venv/bin/python", str(WRITER), name, label, path, str(first), str(last))
    assert result.returncode == 0, result.stderr
    return path


@dataclass(frozen=True)
class OwnData:
    """A data set of scikit-learn, and its label."""

    name: str
    label: str

    def draft(self, laptop: Laptop) -> list[str]:
        """Draft the contract; returns the files with an id and a time in every row, one for each of six months."""
        came = write_csv(laptop.project, self.name, self.label)
        words = ("contract", "draft", came, "--label", self.label, "--yes", "--json")
        files: list[str] = json.loads(laptop.mlops(*words))["files"]
        assert "all files together" in laptop.mlops("data", "check", *files)
        return files


def train_and_release(laptop: Laptop, files: list[str], window: str) -> Any:
    """Upload files, train on a window, approve and release the version; returns its prediction for the example."""
    laptop.mlops("data", "put", *files)
    trained = laptop.try_mlops("train", "start", "--window", window)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    laptop.mlops("approve", said(trained.stdout, "registered"))
    laptop.mlops("release", "--newest")
    return json.loads(laptop.mlops("predict"))
