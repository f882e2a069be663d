"""Own data with the models of examples/: a contract, another `model/` and its packages, and a whole loop on the laptop.

XGBoost on handwritten digits (1,797 rows, ten categories), a scikit-learn pipeline as ONNX on diabetes (442 rows, a
number), a neural network as ONNX and the sample's LightGBM on breast cancer (569 rows, two outcomes, names with
blanks). All of the data came with scikit-learn.
"""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import TEMPLATE
from tests.laptop.conftest import PREPARED, Laptop
from tests.laptop.own_data import OwnData, train_and_release

STATE = PREPARED
EXAMPLES = TEMPLATE / "examples"
DIGITS = OwnData("digits", "digit")
DIABETES = OwnData("diabetes", "progression")
CANCER = OwnData("breast_cancer", "diagnosis")


@pytest.fixture(scope="module")
def packages(laptop: Laptop) -> None:
    """The packages of the examples, added as docs/frameworks.md says."""
    requirements = laptop.project.path / "requirements" / "image.in"
    added = "".join(path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*/requirements.in")))
    requirements.write_text(requirements.read_text(encoding="utf-8") + added, encoding="utf-8")
    # The commands in a copied environment start the Python that they were installed with, which lacks the packages.
    shutil.rmtree(laptop.project.path / ".venv")
    laptop.project.make("lock", "NAMES=image dev")
    laptop.project.make("setup")


@pytest.fixture
def cloud(laptop: Laptop, packages: None) -> Iterator[Laptop]:
    """A cloud without versions, and the project's own model afterwards."""
    laptop.mlops("local", "load", PREPARED)
    yield laptop
    put_model(laptop, "")


def put_model(laptop: Laptop, example: str) -> None:
    """Let the project have the model of an example, or the sample's."""
    folder = laptop.project.path / "model"
    shutil.rmtree(folder)
    shutil.copytree(EXAMPLES / example / "model" if example else TEMPLATE / "model", folder)


def kinds(prediction: Any) -> set[str]:
    return set(prediction["scores"])


@pytest.mark.parametrize(
    ("example", "data"),
    [("", CANCER), ("xgboost_json", DIGITS), ("onnx", DIABETES), ("onnx", CANCER)],
    ids=["LightGBM, two outcomes", "XGBoost, categories", "ONNX pipeline, a number", "ONNX network, two outcomes"],
)
def test_from_files_to_a_challenger_that_serves(example: str, data: OwnData, cloud: Laptop) -> None:
    put_model(cloud, example)
    *first, later = data.draft(cloud)
    cloud.project.make("check")
    cloud.mlops("image", "build")
    months = [path.rpartition("/")[2][:7] for path in (*first, later)]
    answer = train_and_release(cloud, first, f"{months[0]}:{months[-2]}")
    assert answer["model_version"] == "1"
    prediction = answer["predictions"][0]
    if data is DIGITS:
        assert prediction["category"] in kinds(prediction) == {f"kind {number}" for number in range(10)}
    else:
        assert ("positive" in prediction) == (data is CANCER)
    assert "sent: " in cloud.mlops("traffic", "replay", later)
    assert "uploaded: " in cloud.mlops("data", "put-labels", later, "--id-column", "record_id")
    answer = train_and_release(cloud, [later], f"{months[0]}:{months[-1]}")
    assert answer["model_version"] == "2"
    assert json.dumps(answer["predictions"][0])
