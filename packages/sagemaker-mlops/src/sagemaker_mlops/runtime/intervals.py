"""Metrics of hold-out scores with bootstrap intervals, and the paired comparison of two models."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sagemaker_mlops.runtime.metrics import Scores, Values, Weights
from sagemaker_mlops.runtime.problem import Outcomes, Problem

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
    stratified by the outcomes of a label that has some. A hold-out of over 200,000 rows gets fewer resamples, because
    its intervals are narrow anyway.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """

    def __init__(self, problem: Problem, labels: Outcomes, samples: int = BOOTSTRAP_SAMPLES) -> None:
        self.problem, self.labels = problem, labels
        self.samples = max(100, min(samples, LARGEST_BOOTSTRAP // max(1, len(labels))))

    def blocks(self) -> Iterator[Weights]:
        """Yield the weights of some resamples at a time (samples x rows), the same at every call."""
        generator = np.random.default_rng(BOOTSTRAP_SEED)
        strata = self.problem.strata(self.labels)
        block = max(1, LARGEST_WEIGHT_BLOCK // max(1, len(self.labels)))
        for start in range(0, self.samples, block):
            count = min(block, self.samples - start)
            weights = np.zeros((count, len(self.labels)))
            for sample in range(count):
                drawn = np.concatenate([generator.choice(rows, len(rows)) for rows in strata])
                weights[sample] = np.bincount(drawn, minlength=len(self.labels))
            yield weights

    def metrics(self, names: Iterable[str], scores: Scores) -> dict[str, Values]:
        """Return the value of each named metric on each resample."""
        chosen = {name: self.problem.metrics[name] for name in names}
        blocks = [
            {name: metric(self.labels, scores, weights) for name, metric in chosen.items()} for weights in self.blocks()
        ]
        return {name: np.concatenate([block[name] for block in blocks]) for name in chosen}


def point_value(problem: Problem, name: str, labels: Outcomes, scores: Scores) -> float:
    """Return the value of a metric on the rows themselves."""
    return float(problem.metrics[name](labels, scores, np.ones((1, len(labels))))[0])


def _interval(value: float, resampled: Values, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def measure(
    problem: Problem, labels: Outcomes, scores: Scores, *, confidence: float, samples: int = BOOTSTRAP_SAMPLES
) -> dict[str, Interval]:
    """Return each metric with its bootstrap interval.

    Args:
        problem: type of the label.
        labels: outcome of each hold-out row; of a binary label both must occur.
        scores: score of each row.
        confidence: coverage of the intervals, for example 0.95.
        samples: number of bootstrap resamples; fewer are faster, and give rougher ends of the intervals.
    """
    resampled = Resamples(problem, labels, samples).metrics(problem.metrics, scores)
    return {
        name: _interval(point_value(problem, name, labels, scores), resampled[name], confidence) for name in resampled
    }


def paired_difference(
    problem: Problem, name: str, labels: Outcomes, challenger: Scores, champion: Scores, *, confidence: float
) -> Interval:
    """Return challenger minus champion in one metric on the same rows, with the paired bootstrap interval.

    Args:
        problem: type of the label.
        name: name of the metric.
        labels: outcome of each hold-out row; of a binary label both must occur.
        challenger: challenger's score of each row.
        champion: champion's score of each row.
        confidence: coverage of the interval, for example 0.95.
    """
    value = point_value(problem, name, labels, challenger) - point_value(problem, name, labels, champion)
    resamples = Resamples(problem, labels)
    challenger_values = resamples.metrics((name,), challenger)[name]
    champion_values = resamples.metrics((name,), champion)[name]
    return _interval(value, challenger_values - champion_values, confidence)
