import numpy as np
import pytest
from sagemaker_mlops.runtime.intervals import Resamples, measure, paired_difference
from sagemaker_mlops.runtime.metrics import METRICS, Labels, Scores
from sklearn import metrics as reference


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
