"""A team's own data, from files to a prediction, without a change outside the contract: the guide's commands in order.

The data are real and came with scikit-learn: breast cancer (569 rows, 30 features whose names have blanks).
"""

import json

from tests.laptop.conftest import PREPARED, Laptop, said

STATE = PREPARED
FOLDER = "build/own-data"
# The data set has neither ids nor times.
WRITE_FILES = f"""
import pathlib
import polars as pl
from sklearn.datasets import load_breast_cancer

found = load_breast_cancer()
table = pl.DataFrame(found.data, schema=list(found.feature_names)).with_columns(
    pl.Series("patient", [f"patient-{{row}}" for row in range(len(found.data))]),
    pl.Series("examined on", [f"2024-0{{1 + row % 3}}-01" for row in range(len(found.data))]),
    pl.Series("benign", found.target == 1),
)
folder = pathlib.Path("{FOLDER}")
folder.mkdir(parents=True)
for (day,), rows in table.partition_by("examined on", as_dict=True).items():
    rows.write_csv(folder / f"{{day[:7]}}.csv")
"""


def test_from_files_to_a_prediction(laptop: Laptop) -> None:
    project = laptop.project
    assert project.run(".venv/bin/python", "-c", WRITE_FILES).returncode == 0
    files = sorted(str(path) for path in (project.path / FOLDER).iterdir())
    drafted = json.loads(laptop.mlops("contract", "draft", *files, "--label", "benign", "--yes", "--json"))
    assert len(drafted["features"]) + len(drafted["left_out"]) == 30
    assert "mean radius" in drafted["features"]
    assert (project.path / "reports" / "contract-draft.html").exists()
    assert "all files together: 569 rows, keeps the contract" in laptop.mlops("data", "check", *files)
    laptop.mlops("image", "build")
    laptop.mlops("data", "put", *files)
    trained = laptop.train("2024-01:2024-03")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    arn = said(trained.stdout, "registered")
    laptop.mlops("approve", arn)
    laptop.mlops("release", arn)
    answer = json.loads(laptop.mlops("predict"))
    assert answer["model_version"] == "1"
    assert 0 <= answer["predictions"][0]["score"] <= 1
    laptop.project.make("check")
