import numpy as np
import pytest
from sagemaker_mlops.contract.limits import METRICS_OF
from sagemaker_mlops.runtime.intervals import Resamples, measure, paired_difference
from sagemaker_mlops.runtime.metrics import Labels, Scores
from sagemaker_mlops.runtime.problem import BinaryProblem, MulticlassProblem, Outcomes, Problem, RegressionProblem
from sklearn import metrics as reference

BINARY = BinaryProblem(0.5)
CATEGORIES = MulticlassProblem(("a", "b", "c", "d"))
NUMBERS = RegressionProblem()


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


@pytest.mark.parametrize("name", METRICS_OF["binary"])
def test_metrics_are_scikit_learns(name: str) -> None:
    labels, scores = scored()
    weights = next(Resamples(BINARY, labels, 5).blocks())
    ours = BINARY.metrics[name](labels, scores, weights)
    theirs = [REFERENCES[name](labels, scores, weight) for weight in weights]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_resamples_are_the_same_at_every_call() -> None:
    labels, scores = scored()
    resamples = Resamples(BINARY, labels, 50)
    first = resamples.metrics(("roc_auc",), scores)["roc_auc"]
    np.testing.assert_array_equal(first, resamples.metrics(("roc_auc",), scores)["roc_auc"])


def test_intervals_contain_the_value_and_narrow_with_rows() -> None:
    widths = []
    for rows in (200, 5000):
        labels, scores = scored(rows)
        interval = measure(BINARY, labels, scores, confidence=0.95)["roc_auc"]
        assert interval.low <= interval.value <= interval.high
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 3


def test_a_model_does_not_differ_from_itself() -> None:
    labels, scores = scored()
    difference = paired_difference(BINARY, "roc_auc", labels, scores, scores, confidence=0.95)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_a_better_model_is_significantly_better() -> None:
    labels, scores = scored(2000)
    noise = np.random.default_rng(1).random(2000)
    difference = paired_difference(BINARY, "roc_auc", labels, scores, noise, confidence=0.95)
    assert difference.low > 0


def of_categories(rows: int = 300) -> tuple[Outcomes, Scores]:
    """Labels of three of four categories, and probabilities of all."""
    generator = np.random.default_rng(4)
    labels = generator.choice([0, 1, 3], rows, p=[0.6, 0.3, 0.1])
    scores = generator.random((rows, 4)) + np.eye(4)[labels] * 0.5
    return labels, scores / scores.sum(axis=1, keepdims=True)


def area_of_present(labels: Outcomes, scores: Scores, weights: Scores) -> float:
    """The mean over the categories that occur; scikit-learn refuses the others."""
    areas = [
        reference.roc_auc_score(labels == position, scores[:, position], sample_weight=weights)
        for position in np.unique(labels)
    ]
    return float(np.mean(areas))


OTHER_REFERENCES = {
    "accuracy": lambda y, s, w: reference.accuracy_score(y, s.argmax(axis=1), sample_weight=w),
    "balanced_accuracy": lambda y, s, w: reference.balanced_accuracy_score(y, s.argmax(axis=1), sample_weight=w),
    "macro_f1": lambda y, s, w: reference.f1_score(y, s.argmax(axis=1), sample_weight=w, average="macro"),
    "macro_roc_auc": area_of_present,
    "log_loss": lambda y, s, w: reference.log_loss(y, s, sample_weight=w, labels=range(4)),
    "mean_absolute_error": lambda y, s, w: reference.mean_absolute_error(y, s, sample_weight=w),
    "root_mean_squared_error": lambda y, s, w: reference.root_mean_squared_error(y, s, sample_weight=w),
    "r2": lambda y, s, w: reference.r2_score(y, s, sample_weight=w),
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")  # the fourth category has no row
@pytest.mark.parametrize(
    ("problem", "name"),
    [(CATEGORIES, name) for name in METRICS_OF["multiclass"]] + [(NUMBERS, name) for name in METRICS_OF["regression"]],
    ids=str,
)
def test_metrics_of_categories_and_numbers_are_scikit_learns(problem: Problem, name: str) -> None:
    if problem is CATEGORIES:
        labels, scores = of_categories()
    else:
        generator = np.random.default_rng(5)
        labels = generator.normal(1e6, 3, 300)
        scores = labels + generator.normal(0.5, 1, 300)
    weights = next(Resamples(problem, labels, 5).blocks())
    theirs = [OTHER_REFERENCES[name](labels, scores, weight) for weight in weights]
    np.testing.assert_allclose(problem.metrics[name](labels, scores, weights), theirs, rtol=1e-6)


def test_resamples_keep_the_rows_of_each_category() -> None:
    labels, _ = of_categories()
    for weights in Resamples(CATEGORIES, labels, 20).blocks():
        for position in np.unique(labels):
            assert set(weights[:, labels == position].sum(axis=1)) == {float((labels == position).sum())}


def test_labels_that_do_not_vary_have_no_share_of_variance() -> None:
    labels = np.full(50, 7.0)
    assert NUMBERS.metrics["r2"](labels, labels, np.ones((1, 50))).tolist() == [0.0]
