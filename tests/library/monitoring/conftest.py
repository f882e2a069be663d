"""A version that was trained on February to July, with everything that a registry keeps about it."""

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.fairness import group_differences, group_rates
from sagemaker_mlops.runtime.model_interface import Model, mean_attributions, project_model
from sagemaker_mlops.runtime.problem import problem_of
from sagemaker_mlops.runtime.statistics import SCORE, profile_column, profile_table
from sagemaker_mlops.training.baselines import bias_report, explainability_report
from sagemaker_mlops.training.holdout import split

from tests.library.monitoring.captures import FakeServices

Rows = Callable[[int], pl.DataFrame]


@dataclass(frozen=True)
class Trained:
    """A model, the rows that it did not see, and what it was registered with."""

    model: Model
    features: tuple[str, ...]
    holdout: pl.DataFrame
    documents: dict[tuple[str, str], Any]
    archive: bytes

    def scores(self, table: pl.DataFrame) -> Any:
        return self.model.predict(table.select(self.features))


@pytest.fixture(scope="session")
def month(sample: pl.DataFrame) -> Rows:
    """Rows of one month of the sample."""
    return lambda number: sample.filter(pl.col("event_time").dt.month() == number)


def trained_on(table: pl.DataFrame, contract: Contract, directory: Path) -> Trained:
    """Train on a table's training rows, and evaluate on the others."""
    rows, holdout = split(table, contract.dataset.record_id, contract.dataset.holdout_fraction)
    problem, names = problem_of(contract), contract.feature_names
    labels = problem.labels(rows[contract.label.name])
    model = project_model().train(rows.select(names), labels, contract.category_names, contract.outcome_categories)
    model.save(directory)
    scores, outcomes = model.predict(holdout.select(names)), problem.labels(holdout[contract.label.name])
    groups = group_rates(holdout, outcomes, scores, contract)
    evaluation = {
        "fairness": {"groups": groups, "differences": group_differences(groups, contract)},
        "attributions": mean_attributions(model, holdout.select(names)),
    }
    documents = {
        ("ModelDataQuality", "Statistics"): profile_table(rows, contract),
        ("ModelQuality", "Statistics"): {"features": [profile_column(problem.predictions(scores).alias(SCORE))]},
        ("Bias", "Report"): bias_report(evaluation),
        ("Explainability", "Report"): explainability_report(evaluation),
    }
    return Trained(model, names, holdout, documents, _archive(directory))


def _archive(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(directory.iterdir()):
            archive.add(path, path.name)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def trained(sample: pl.DataFrame, contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Version 1."""
    until_july = sample.filter(pl.col("event_time").dt.month() <= 7)
    return trained_on(until_july, contract, tmp_path_factory.mktemp("model"))


@pytest.fixture
def services(trained: Trained) -> FakeServices:
    """A registry with version 1, and nothing captured yet."""
    services = FakeServices()
    services.register("1", trained.documents, trained.archive)
    return services
