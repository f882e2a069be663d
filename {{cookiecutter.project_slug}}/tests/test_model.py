from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as reference

from model.evaluate import Resamples, measure, paired_difference
from model.features import FeatureEncoding, encode
from model.metrics import METRICS, Labels, Scores
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


def scored(rows: int = 300) -> tuple[Labels, Scores]:
    """Labels and scores with many ties."""
    generator = np.random.default_rng(3)
    labels = generator.random(rows) < 0.3
    scores = np.round(np.clip(0.3 * labels + 0.7 * generator.random(rows), 0, 1), 1)
    return labels, scores.astype(np.float64)


REFERENCES = {
    "roc_auc": lambda y, s, w: reference.roc_auc_score(y, s, sample_weight=w),
    "average_precision": lambda y, s, w: reference.average_precision_score(y, s, sample_weight=w),
    "recall": lambda y, s, w: reference.recall_score(y, s >= 0.5, sample_weight=w),
    "precision": lambda y, s, w: reference.precision_score(y, s >= 0.5, sample_weight=w),
    "accuracy": lambda y, s, w: reference.accuracy_score(y, s >= 0.5, sample_weight=w),
    "brier_score": lambda y, s, w: reference.brier_score_loss(y, s, sample_weight=w),
    "log_loss": lambda y, s, w: reference.log_loss(y, np.clip(s, 1e-12, 1 - 1e-12), sample_weight=w),
}


@pytest.mark.parametrize("name", METRICS)
def test_metrics_are_scikit_learns(name: str) -> None:
    labels, scores = scored()
    weights = next(Resamples(labels, 5).blocks())
    ours = METRICS[name](labels, scores, weights, 0.5)
    theirs = [REFERENCES[name](labels, scores, weight) for weight in weights]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_resamples_are_the_same_at_every_call() -> None:
    labels, scores = scored()
    resamples = Resamples(labels, 50)
    first = resamples.metrics(("roc_auc",), scores, 0.5)["roc_auc"]
    np.testing.assert_array_equal(first, resamples.metrics(("roc_auc",), scores, 0.5)["roc_auc"])


def test_intervals_contain_the_value_and_narrow_with_rows() -> None:
    widths = []
    for rows in (200, 5000):
        labels, scores = scored(rows)
        interval = measure(labels, scores, threshold=0.5, confidence=0.95)["roc_auc"]
        assert interval.low <= interval.value <= interval.high
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 3


def test_a_model_does_not_differ_from_itself() -> None:
    labels, scores = scored()
    difference = paired_difference("roc_auc", labels, scores, scores, threshold=0.5, confidence=0.95)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_a_better_model_is_significantly_better() -> None:
    labels, scores = scored(2000)
    noise = np.random.default_rng(1).random(2000)
    difference = paired_difference("roc_auc", labels, scores, noise, threshold=0.5, confidence=0.95)
    assert difference.low > 0
