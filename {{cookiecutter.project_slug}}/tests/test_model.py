from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.runtime.metrics import Labels

from model.features import FeatureEncoding, encode
from model.predict import feature_attributions, load_model, predict_scores
from model.train import load_hyperparameters, save_model, train

ENCODING = FeatureEncoding(("number", "kind", "flag"), {"kind": ("a", "b")})


def table(rows: int = 400) -> pl.DataFrame:
    generator = np.random.default_rng(7)
    return pl.DataFrame(
        {
            "number": generator.normal(size=rows),
            "kind": generator.choice(["a", "b"], rows),
            "flag": generator.random(rows) < 0.5,
        }
    )


def labels_of(rows: pl.DataFrame) -> Labels:
    return np.asarray((rows["number"].to_numpy() + (rows["kind"] == "b").to_numpy()) > 0.5)


def test_encoding_keeps_order_codes_and_missing_values() -> None:
    rows = pl.DataFrame({"flag": [True, None], "kind": ["b", "unknown"], "number": [2, None]})
    expected = np.array([[2.0, 1.0, 1.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(encode(rows, ENCODING), expected)


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        rows = table()
        save_model(
            train(encode(rows, ENCODING), labels_of(rows), ENCODING, load_hyperparameters()), ENCODING, tmp_path / name
        )
    for file in ("model.txt", "encoding.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_saved_model_predicts_as_before(tmp_path: Path) -> None:
    rows = table()
    booster = train(encode(rows, ENCODING), labels_of(rows), ENCODING, load_hyperparameters())
    save_model(booster, ENCODING, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(predict_scores(loaded, rows), booster.predict(encode(rows, ENCODING)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encoding.json", "model.txt"]


def test_attributions_find_what_matters(tmp_path: Path) -> None:
    rows = table()
    save_model(train(encode(rows, ENCODING), labels_of(rows), ENCODING, load_hyperparameters()), ENCODING, tmp_path)
    values = feature_attributions(load_model(tmp_path), rows)
    assert values["number"] > values["flag"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path)
