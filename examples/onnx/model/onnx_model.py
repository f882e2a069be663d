"""A trained model as ONNX: prediction, saving and loading. scikit-learn is not imported."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
from numpy.typing import NDArray

MODEL_FILE, ENCODING_FILE = "model.onnx", "encoding.json"
INPUT = "features"
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Encoding:
    """Columns in the order of the matrix, and the categories of those that have some."""

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    def matrix(self, table: pl.DataFrame) -> Matrix:
        """Return rows x columns: numbers, and the position of a category. A missing value is NaN."""
        return self.of_columns(table.to_dict(as_series=False))

    def of_columns(self, columns: Mapping[str, Sequence[Any]]) -> Matrix:
        """Return the same for plain lists."""
        limit = float(np.finfo(np.float32).max)
        encoded = np.array([self._values(name, columns[name]) for name in self.names], dtype=np.float64).T
        return np.clip(encoded, -limit, limit).astype(np.float32)

    def _values(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        if name in self.categories:
            codes = {category: float(code) for code, category in enumerate(self.categories[name])}
            return [codes.get(value, float("nan")) for value in values]
        return [float("nan") if value is None else value for value in values]


@dataclass(frozen=True)
class OnnxModel:
    """A model as the bytes of its ONNX file, and the encoding that it was trained with."""

    content: bytes
    encoding: Encoding

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        """Runtime of the model, with one thread: a server has a process for each core."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(self.content, options, providers=["CPUExecutionProvider"])

    def predict(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return numbers, or the probabilities of the outcomes."""
        return self._scores(self.encoding.matrix(table))

    def predict_columns(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
        """Return the same for plain lists, as the server has them."""
        return self._scores(self.encoding.of_columns(columns))

    def _scores(self, matrix: Matrix) -> NDArray[np.float64]:
        scores = np.asarray(self.session.run(None, {INPUT: matrix})[-1], dtype=np.float64)
        if scores.shape[1] == 1:  # numbers
            return scores[:, 0]
        scores = np.asarray(scores / scores.sum(axis=1, keepdims=True))
        return scores[:, 1] if scores.shape[1] == 2 else scores

    def save(self, directory: Path) -> None:
        """Write the ONNX file, and the encoding as JSON."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / MODEL_FILE).write_bytes(self.content)
        (directory / ENCODING_FILE).write_text(json.dumps(asdict(self.encoding), ensure_ascii=False), encoding="utf-8")


def load(directory: Path) -> OnnxModel:
    """Load a model from the folder that `OnnxModel.save` wrote."""
    content = json.loads((directory / ENCODING_FILE).read_text(encoding="utf-8"))
    categories = {name: tuple(values) for name, values in content["categories"].items()}
    encoding = Encoding(tuple(content["names"]), categories)
    return OnnxModel((directory / MODEL_FILE).read_bytes(), encoding)
