"""Explainability monitor: checks that the same features determine the score, in the same order.

It computes the NDCG of the live attributions relative to those of the evaluation, as Clarify does for attribution
drift.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
"""

import shutil
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.monitoring.baselines import Baselines, VersionBaseline
from sagemaker_mlops.monitoring.capture_records import INFERENCE_ID, RECORD
from sagemaker_mlops.monitoring.findings import ATTRIBUTION, Findings, Table, Violation
from sagemaker_mlops.runtime.drift import MINIMUM_ROWS
from sagemaker_mlops.runtime.model_archive import unpack_model
from sagemaker_mlops.runtime.model_interface import ExplainableModel, project_model, weights_of_columns

SAMPLE_ROWS = 2000
RESAMPLES, SEED = 200, 20_250_701
HASH = "__hash"


class Sample:
    """Random sample of a version's requests in bounded memory: the rows with the smallest hashes."""

    def __init__(self) -> None:
        self._rows = pl.DataFrame()
        self.seen = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Add the rows of a piece of the window to those that the sample is drawn from."""
        self.seen += rows.height
        hashed = rows.with_columns(pl.struct(INFERENCE_ID, RECORD).hash(seed=SEED).alias(HASH))
        together = pl.concat([self._rows, hashed]) if self._rows.height else hashed
        self._rows = together.bottom_k(SAMPLE_ROWS, by=HASH)

    @property
    def rows(self) -> pl.DataFrame:
        """Rows of the sample."""
        return self._rows


def judge_attributions(sample: Sample, baseline: VersionBaseline, baselines: Baselines, contract: Contract) -> Findings:
    """Check the attributions of one version on a sample of its requests.

    Args:
        sample: sample of the version's requests.
        baseline: baseline of the version, with the attributions of the evaluation.
        baselines: registry, from which the version's model is downloaded.
        contract: contract with the minimum agreement.
    """
    found = Findings(baseline.version, notes=list(baseline.notes))
    if sample.rows.height < MINIMUM_ROWS:
        found.notes.append(f"{sample.rows.height} requests are too few to explain; at least {MINIMUM_ROWS}")
        return found
    if not baseline.attributions:
        found.notes.append("no attributions were registered with this version, so there is nothing to compare with")
        return found
    values = _attributions(sample.rows, baseline, baselines, contract)
    if values is None:
        found.notes.append("its model cannot be loaded by this image, so it cannot be explained; release it again")
        return found
    names = [name for name in contract.feature_names if name in baseline.attributions]
    if len(names) < 2:
        found.notes.append(
            "fewer than two features have registered attributions, so the feature order cannot be compared"
        )
        return found
    found.judged = True
    expected = np.array([baseline.attributions[name] for name in names])
    columns = weights_of_columns(values)[:, [contract.feature_names.index(name) for name in names]]
    agreement, highest = _agreement(expected, columns, contract.gates.confidence)
    least = contract.drift.minimum_attribution_agreement
    if highest < least:
        text = (
            f"the features' weights changed: agreement (NDCG) {agreement:.3f}, with {contract.gates.confidence:.0%} "
            f"confidence below {highest:.3f}; the contract promises at least {least:g}"
        )
        found.violations.append(Violation(ATTRIBUTION, text, None, baseline.version))
    live = columns.mean(axis=0)
    rows = tuple((names[at], f"{expected[at]:.3f}", f"{live[at]:.3f}") for at in np.argsort(-expected))
    seen = f"{sample.rows.height:,} of {sample.seen:,} requests"
    explanation = f"Mean absolute SHAP value over {seen}. Agreement (NDCG): {agreement:.3f}, promised {least:g}."
    found.tables.append(
        Table("Weight of the features", ("feature", "evaluated", "live"), rows, explanation=explanation)
    )
    weights = dict(zip(names, live.tolist(), strict=True))
    found.statistics = {"version": "1.0", "ndcg": agreement, "global_shap_values": weights}
    return found


def _attributions(
    rows: pl.DataFrame, baseline: VersionBaseline, baselines: Baselines, contract: Contract
) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return the attributions of the sample, or None if this image cannot load the version's model.

    The result has one row per row of the sample and one column per feature, in the order of the contract; with a label
    of categories, a third axis for those.
    """
    directory = baselines.download_model(baseline)
    if directory is None:
        return None
    try:
        # The model's packages take seconds to import, and a window without requests does not need them.
        model = project_model().load(unpack_model(directory))
        return model.attributions(rows.select(contract.feature_names)) if isinstance(model, ExplainableModel) else None
    except Exception:  # archives and models of other versions may raise any error
        return None
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _agreement(expected: Any, columns: Any, confidence: float) -> tuple[float, float]:
    """Return the NDCG and its upper bound over bootstrap resamples of the rows."""
    from sklearn.metrics import ndcg_score

    generator = np.random.default_rng(SEED)
    agreement = float(ndcg_score([expected], [columns.mean(axis=0)]))
    drawn = (columns[generator.integers(0, len(columns), len(columns))].mean(axis=0) for _ in range(RESAMPLES))
    resampled = [float(ndcg_score([expected], [means])) for means in drawn]
    return agreement, float(np.quantile(resampled, confidence))
