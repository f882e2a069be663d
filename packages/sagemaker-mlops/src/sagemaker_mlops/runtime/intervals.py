"""Metrics of hold-out scores with bootstrap intervals, and the paired comparison of two models."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sagemaker_mlops.runtime.metrics import METRICS, Labels, Scores, Values, Weights

BOOTSTRAP_SAMPLES = 1000
BOOTSTRAP_SEED = 20_250_701
LARGEST_WEIGHT_BLOCK = 4_000_000
LARGEST_BOOTSTRAP = 200_000_000


@dataclass(frozen=True)
class Interval:
    """Value with its bootstrap interval."""

    value: float
    low: float
    high: float


class Resamples:
    """Bootstrap resamples of one hold-out.

    All metrics and both models use the same resamples, so differences between models are paired. Resampling is
    stratified by label, because a resample without a positive row has no AUC. A hold-out of over 200,000 rows gets
    fewer resamples, because its intervals are narrow anyway.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """

    def __init__(self, labels: Labels, samples: int = BOOTSTRAP_SAMPLES) -> None:
        self.labels = labels
        self.samples = max(100, min(samples, LARGEST_BOOTSTRAP // max(1, len(labels))))

    def blocks(self) -> Iterator[Weights]:
        """Yield the weights of some resamples at a time (samples x rows), the same at every call."""
        generator = np.random.default_rng(BOOTSTRAP_SEED)
        strata = [np.flatnonzero(self.labels), np.flatnonzero(~self.labels)]
        block = max(1, LARGEST_WEIGHT_BLOCK // max(1, len(self.labels)))
        for start in range(0, self.samples, block):
            count = min(block, self.samples - start)
            weights = np.zeros((count, len(self.labels)))
            for sample in range(count):
                drawn = np.concatenate([generator.choice(rows, len(rows)) for rows in strata])
                weights[sample] = np.bincount(drawn, minlength=len(self.labels))
            yield weights

    def metrics(self, names: tuple[str, ...], scores: Scores, threshold: float) -> dict[str, Values]:
        """Return the value of each named metric on each resample."""
        blocks = [
            {name: METRICS[name](self.labels, scores, weights, threshold) for name in names}
            for weights in self.blocks()
        ]
        return {name: np.concatenate([block[name] for block in blocks]) for name in names}


def point_value(name: str, labels: Labels, scores: Scores, threshold: float) -> float:
    """Return the value of a metric on the rows themselves."""
    return float(METRICS[name](labels, scores, np.ones((1, len(labels))), threshold)[0])


def _interval(value: float, resampled: Values, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def measure(
    labels: Labels, scores: Scores, *, threshold: float, confidence: float, samples: int = BOOTSTRAP_SAMPLES
) -> dict[str, Interval]:
    """Return each metric with its bootstrap interval.

    Args:
        labels: outcome of each hold-out row; both outcomes must occur.
        scores: predicted probability of each row.
        threshold: scores at or above it count as positive.
        confidence: coverage of the intervals, for example 0.95.
        samples: number of bootstrap resamples; fewer are faster, and give rougher ends of the intervals.
    """
    resampled = Resamples(labels, samples).metrics(tuple(METRICS), scores, threshold)
    return {
        name: _interval(point_value(name, labels, scores, threshold), resampled[name], confidence) for name in METRICS
    }


def paired_difference(
    name: str, labels: Labels, challenger: Scores, champion: Scores, *, threshold: float, confidence: float
) -> Interval:
    """Return challenger minus champion in one metric on the same rows, with the paired bootstrap interval.

    Args:
        name: name of the metric.
        labels: outcome of each hold-out row; both outcomes must occur.
        challenger: challenger's score of each row.
        champion: champion's score of each row.
        threshold: scores at or above it count as positive.
        confidence: coverage of the interval, for example 0.95.
    """
    value = point_value(name, labels, challenger, threshold) - point_value(name, labels, champion, threshold)
    resamples = Resamples(labels)
    challenger_values = resamples.metrics((name,), challenger, threshold)[name]
    champion_values = resamples.metrics((name,), champion, threshold)[name]
    return _interval(value, challenger_values - champion_values, confidence)
