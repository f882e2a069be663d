"""The trained model: prediction, attributions, saving and loading."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from model.features import FeatureEncoding, Matrix, encode, encode_columns


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports of packages fail, unless they were imported before."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


# LightGBM imports both if they are installed, for interfaces that are not used here: a second and 90 MB in each server
# process and each training step.
with _without("pandas", "sklearn"):
    import lightgbm as lightgbm  # model.train imports it from here

MODEL_FILE = "model.txt"
ENCODING_FILE = "encoding.json"
ROWS_WORTH_THREADS = 1000


@dataclass(frozen=True)
class TreeModel:
    """Trained model: the trees, and the encoding that they were trained with."""

    booster: lightgbm.Booster
    encoding: FeatureEncoding

    def predict(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return the scores of a table's rows: probabilities, per category if there are more than two, or numbers."""
        return self._scores(encode(table, self.encoding))

    def predict_columns(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Return the same scores for rows in plain lists, one list per column.

        The server calls this method for its requests. A model without it is asked for `predict` with a table, which
        takes longer for a few rows.
        """
        return self._scores(encode_columns(columns, self.encoding))

    def _scores(self, matrix: Matrix) -> NDArray[np.float64]:
        threads = 1 if len(matrix) < ROWS_WORTH_THREADS else 0  # 0: one thread per core
        return np.asarray(self.booster.predict(matrix, num_threads=threads))

    def attributions(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return SHAP values as a matrix of rows x columns of the table, for several categories x categories.

        They are in log-odds for probabilities, and in the unit of the label for numbers. LightGBM computes SHAP values
        exactly (Lundberg et al., Consistent Individualized Feature Attribution for Tree Ensembles, 2018).
        """
        values = np.asarray(self.booster.predict(encode(table, self.encoding), pred_contrib=True))
        positions = [self.encoding.names.index(name) for name in table.columns]
        width = len(self.encoding.names) + 1  # the last one is the expected value
        if values.shape[1] == width:
            return values[:, positions]
        return values.reshape(len(values), -1, width).transpose(0, 2, 1)[:, positions, :]

    def save(self, directory: Path) -> None:
        """Write the model as text and JSON. Without pickle, loading the model cannot run code."""
        directory.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(directory / MODEL_FILE)
        text = json.dumps(asdict(self.encoding), indent=2, ensure_ascii=False)
        (directory / ENCODING_FILE).write_text(text + "\n", encoding="utf-8")


def load(directory: Path) -> TreeModel:
    """Load a model from the folder that `TreeModel.save` wrote.

    Raises:
        FileNotFoundError: if a file is missing.
    """
    encoding = json.loads((directory / ENCODING_FILE).read_text(encoding="utf-8"))
    categories = {name: tuple(values) for name, values in encoding["categories"].items()}
    model_file = directory / MODEL_FILE
    if not model_file.exists():
        raise FileNotFoundError(model_file)
    return TreeModel(lightgbm.Booster(model_file=model_file), FeatureEncoding(tuple(encoding["names"]), categories))
