"""Checks of a project's model against the interface, for the project's own tests.

They need a contract and no data: the rows are random values that the contract allows. Each check raises AssertionError
with what was expected and what was found.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature, NumericFeature
from sagemaker_mlops.contract.labels import Label, MulticlassLabel, RegressionLabel
from sagemaker_mlops.contract.values import range_of
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.model_interface import Columns, ExplainableModel, Model, ModelPackage, column_predictor
from sagemaker_mlops.runtime.problem import Outcomes

ROWS, SEED = 300, 20_250_701
# A score may depend on how many rows are scored at once, but only by rounding.
TOLERANCE = 1e-6
# Contributions are sums of many numbers.
SUM_TOLERANCE = 1e-3
TIMED_RECORDS, TIMED_ROUNDS = 20, 3
POSITIVE_SHARE, MISSING_SHARE = 0.3, 0.1
WIDEST_RANGE = 1000.0
PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib", ".dill")
PICKLE_HEADER = b"\x80"  # opcode PROTO, with which pickles begin since protocol 2


@dataclass(frozen=True)
class TrainedModel:
    """A model that was trained on random rows, the folder that it was saved in, and the rows."""

    package: ModelPackage
    contract: Contract
    table: pl.DataFrame
    labels: Outcomes
    model: Model
    directory: Path

    def score_columns(self, table: pl.DataFrame) -> Scores:
        """Return the scores of a table's rows as the server asks for them."""
        return column_predictor(self.model, self.contract)(table.to_dict(as_series=False))


Check = Callable[[TrainedModel], None]


def train_on_random_rows(package: ModelPackage, contract: Contract, directory: Path) -> TrainedModel:
    """Train and save a model on rows that the contract allows.

    Args:
        package: the project's package `model`.
        contract: contract with the features.
        directory: empty folder, which the model is saved in.
    """
    table, labels = random_rows(contract, ROWS)
    model = package.train(table, labels, contract.category_names, contract.outcome_categories)
    model.save(directory)
    return TrainedModel(package, contract, table, labels, model, directory)


def random_rows(
    contract: Contract, rows: int, seed: int = SEED, missing_share: float = MISSING_SHARE
) -> tuple[pl.DataFrame, Outcomes]:
    """Return random rows x features that the contract allows, and a label for each.

    Args:
        contract: contract with features and label.
        rows: number of rows.
        seed: seed of the random numbers.
        missing_share: share of missing values in features that may lack one.
    """
    generator = np.random.default_rng(seed)
    table = pl.DataFrame([_random_column(feature, rows, generator, missing_share) for feature in contract.features])
    return table, _random_labels(contract.label, rows, generator)


def _random_labels(label: Label, rows: int, generator: np.random.Generator) -> Outcomes:
    if isinstance(label, MulticlassLabel):
        return generator.permutation(np.arange(rows) % len(label.categories))
    if isinstance(label, RegressionLabel):
        low, high = _usual_range(label)
        return generator.uniform(low, high, rows)
    return generator.random(rows) < POSITIVE_SHARE


def _random_column(feature: Feature, rows: int, generator: np.random.Generator, missing_share: float) -> pl.Series:
    values = pl.Series(feature.name, _random_values(feature, rows, generator))
    if not feature.nullable:
        return values
    return values.set(pl.Series(generator.random(rows) < missing_share), None)


def _random_values(feature: Feature, rows: int, generator: np.random.Generator) -> Any:
    if isinstance(feature, BooleanFeature):
        return generator.random(rows) < 0.5
    if isinstance(feature, CategoryFeature):
        return generator.choice(feature.categories, rows).tolist()
    low, high = _usual_range(feature)
    return (
        generator.integers(math.ceil(low), math.floor(high), rows, endpoint=True)
        if feature.type == "integer"
        else generator.uniform(low, high, rows)
    )


def _usual_range(feature: NumericFeature | RegressionLabel) -> tuple[float, float]:
    """Return the range of a number, with a width of WIDEST_RANGE where the contract has no limit."""
    if feature.minimum is not None:
        low = feature.minimum
    else:
        low = 0.0 if feature.maximum is None else min(0.0, feature.maximum - WIDEST_RANGE)
    return low, low + WIDEST_RANGE if feature.maximum is None else feature.maximum


def scores_have_their_form(trained: TrainedModel) -> None:
    """Check that there is one score per row, or one per row and category, and that probabilities are some."""
    scores, categories = trained.model.predict(trained.table), trained.contract.outcome_categories
    expected = (trained.table.height, len(categories)) if categories else (trained.table.height,)
    assert scores.shape == expected, f"expected scores of the shape {expected}, found {scores.shape}"
    assert np.all(np.isfinite(scores)), "expected scores that are numbers"
    if trained.contract.label.problem != "regression":
        assert np.all((scores >= 0) & (scores <= 1)), "expected scores from 0 to 1: probabilities"
    if categories:
        sums = scores.sum(axis=1)
        assert np.all(np.abs(sums - 1) <= SUM_TOLERANCE), "expected probabilities of a row that add up to 1"


def one_record_scores_as_many(trained: TrainedModel) -> None:
    """Check that a row's score does not depend on the rows beside it, nor on the way in which the server asks."""
    expected = trained.model.predict(trained.table)
    _assert_close(trained.score_columns(trained.table), expected, "predict_columns differs from predict")
    for position in range(0, trained.table.height, trained.table.height // 10):
        row, score = trained.table[position], expected[position : position + 1]
        _assert_close(trained.model.predict(row), score, "one row scores otherwise than among others: predict")
        _assert_close(trained.score_columns(row), score, "one row scores otherwise than among others: predict_columns")


def columns_may_come_in_any_order(trained: TrainedModel) -> None:
    """Check that features are found by their names."""
    turned = trained.table.select(reversed(trained.table.columns))
    message = "the score changes with the order of the columns"
    _assert_close(trained.model.predict(turned), trained.model.predict(trained.table), message)


def training_is_deterministic(trained: TrainedModel) -> None:
    """Check that the same rows give the same files, so that a version can be reproduced."""
    contract = trained.contract
    again = trained.package.train(trained.table, trained.labels, contract.category_names, contract.outcome_categories)
    directory = trained.directory.with_name(f"{trained.directory.name}-again")
    again.save(directory)
    first, second = _contents(trained.directory), _contents(directory)
    differing = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    assert not differing, f"expected the same bytes of the same training, found others in {', '.join(differing)}"


def a_loaded_model_scores_as_before(trained: TrainedModel) -> None:
    """Check that saving and loading keep every score."""
    loaded = trained.package.load(trained.directory)
    message = "the loaded model scores otherwise than the saved one"
    _assert_close(loaded.predict(trained.table), trained.model.predict(trained.table), message)


def no_file_is_a_pickle(trained: TrainedModel) -> None:
    """Check that loading cannot run code. Source: https://docs.python.org/3/library/pickle.html (warning)."""
    contents = _contents(trained.directory)
    assert contents, f"expected the model's files in {trained.directory}, found none"
    found = [
        name
        for name, content in contents.items()
        if name.lower().endswith(PICKLE_SUFFIXES) or content.startswith(PICKLE_HEADER)
    ]
    assert not found, f"expected data, found a pickle, which runs code when it is loaded: {', '.join(sorted(found))}"


def missing_values_are_scored(trained: TrainedModel) -> None:
    """Check rows whose values are missing where the contract allows it."""
    nullable = [feature.name for feature in trained.contract.features if feature.nullable]
    rows = trained.table.head(5).with_columns(
        pl.lit(None).cast(trained.table.schema[name]).alias(name) for name in nullable
    )
    _assert_finite(trained, rows, f"missing values in {', '.join(nullable) or 'no feature'}")


def categories_that_training_lacked_are_scored(trained: TrainedModel) -> None:
    """Check a category that the contract allows and that no training row had."""
    for feature in trained.contract.features:
        if isinstance(feature, CategoryFeature) and len(feature.categories) > 1:
            rare = feature.categories[-1]
            kept = trained.table.filter(pl.col(feature.name).ne_missing(rare))
            labels = trained.labels[trained.table[feature.name].ne_missing(rare).to_numpy()]
            contract = trained.contract
            model = trained.package.train(kept, labels, contract.category_names, contract.outcome_categories)
            rows = kept.head(1).with_columns(pl.lit(rare).alias(feature.name))
            scores = model.predict(rows)
            assert np.all(np.isfinite(scores)), f"expected a score for {feature.name} = {rare!r}, found {scores[0]}"
            return


def extreme_numbers_are_scored(trained: TrainedModel) -> None:
    """Check the smallest and the largest number that the contract allows for each feature."""
    rows = trained.table.head(2)
    for feature in trained.contract.features:
        if isinstance(feature, NumericFeature):
            limits = range_of(feature)
            kind = int if limits.is_whole else float
            ends = pl.Series(feature.name, [kind(limits.low), kind(limits.high)])
            what = f"{feature.name} = {ends.to_list()}; limit the number in the contract, or in the model"
            _assert_finite(trained, rows.with_columns(ends), what)


def a_prediction_is_fast_enough(trained: TrainedModel) -> None:
    """Check that half of single predictions keep the contract's p99, each in the fastest of several rounds."""
    predict = column_predictor(trained.model, trained.contract)
    records = [trained.table[position].to_dict(as_series=False) for position in range(TIMED_RECORDS)]
    seconds = [min(_seconds(predict, record) for _ in range(TIMED_ROUNDS)) for record in records]
    median, limit = float(np.median(seconds)) * 1000, trained.contract.latency.p99_milliseconds
    assert median <= limit, f"expected a prediction within {limit:g} ms (contract, latency), found {median:.1f} ms"


def attributions_add_up(trained: TrainedModel) -> None:
    """Check the attributions, if there are any: their form, and that they add up to the score or its log-odds."""
    if not isinstance(trained.model, ExplainableModel):
        return
    categories = trained.contract.outcome_categories
    shape = (*trained.table.shape, len(categories)) if categories else trained.table.shape
    values = trained.model.attributions(trained.table)
    assert values.shape == shape, f"expected attributions of the shape {shape}, found {values.shape}"
    assert np.all(np.isfinite(values)), "expected attributions that are numbers"
    spread = min(_spread(link - values.sum(axis=1)) for link in _links(trained))
    assert spread <= SUM_TOLERANCE * max(1.0, float(np.max(np.abs(values)))), (
        f"expected the attributions of a row to add up to its score or log-odds, less a constant; found a difference "
        f"of {spread:.3g} between rows"
    )


def _links(trained: TrainedModel) -> list[Scores]:
    """Return what the attributions of the rows may add up to: scores, log-odds, or log-probabilities."""
    scores = trained.model.predict(trained.table)
    if trained.contract.label.problem == "regression":
        return [scores]
    clipped = np.clip(scores, 1e-12, 1 - 1e-12)
    if trained.contract.outcome_categories:
        return [scores, np.log(clipped)]
    return [scores, np.log(clipped / (1 - clipped))]


def _spread(rest: Scores) -> float:
    """Return how much what the attributions leave over differs between rows.

    With a label of categories, what is the same for all categories of a row does not count: softmax ignores it.
    """
    if rest.ndim == 2:
        rest = rest - rest.mean(axis=1, keepdims=True)
    return float(np.max(np.ptp(rest, axis=0)))


CHECKS: Sequence[Check] = (
    scores_have_their_form,
    one_record_scores_as_many,
    columns_may_come_in_any_order,
    training_is_deterministic,
    a_loaded_model_scores_as_before,
    no_file_is_a_pickle,
    missing_values_are_scored,
    categories_that_training_lacked_are_scored,
    extreme_numbers_are_scored,
    a_prediction_is_fast_enough,
    attributions_add_up,
)


def _contents(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def _assert_close(found: Scores, expected: Scores, message: str) -> None:
    tolerance = TOLERANCE * max(1.0, float(np.max(np.abs(expected))))
    largest = float(np.max(np.abs(np.asarray(found) - expected)))
    assert largest <= tolerance, f"{message}, by {largest:.3g}; expected at most {tolerance:g}"


def _assert_finite(trained: TrainedModel, rows: pl.DataFrame, what: str) -> None:
    for scores in (trained.model.predict(rows), trained.score_columns(rows)):
        assert np.all(np.isfinite(scores)), f"expected scores, found {scores} for {what}"


def _seconds(predict: Callable[[Columns], object], record: Columns) -> float:
    start = time.perf_counter()
    predict(record)
    return time.perf_counter() - start
