"""EvaluateModel step: evaluation of the challenger, comparison with the champion, gates and baselines."""

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract, contract_sha256, load_contract
from sagemaker_mlops.contract.documents import EvaluationDocument, GatesDocument, LineageDocument, SmokeTestDocument
from sagemaker_mlops.contract.gates import refusal, registration_gates
from sagemaker_mlops.runtime.job import StepRefused, parse_arguments, read_json, run, write_json
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.model_archive import unpack_model
from sagemaker_mlops.runtime.model_interface import Model, project_model
from sagemaker_mlops.runtime.problem import problem_of
from sagemaker_mlops.runtime.statistics import SCORE, profile_column
from sagemaker_mlops.training.baselines import bias_report, explainability_report, model_quality
from sagemaker_mlops.training.evaluation import evaluate
from sagemaker_mlops.training.score_champion import NO_CHAMPION, SCORES_FILE

LINEAGE = ["git_sha", "image", "champion", "trigger", "trigger_id", "window_start", "window_end"]
LONGEST_REASON, SMOKE_TEST_RECORDS = 900, 50


def champion_scores(directory: Path, holdout: pl.DataFrame, record_id: str) -> Scores | None:
    """Return the champion's scores in the hold-out's row order, or None if there is no champion."""
    path = directory / SCORES_FILE
    if not path.exists():
        return None
    joined = holdout.select(record_id).join(pl.read_parquet(path), on=record_id, how="left", maintain_order="left")
    return np.asarray(joined["score"].to_numpy(), dtype=np.float64)


def refuse_other_form(challenger: Scores, champion: Scores | None) -> None:
    """Raise StepRefused if the champion predicts another number of categories, or another type of label."""
    if champion is not None and champion.shape != challenger.shape:
        forms = [
            f"{scores.shape[1]} categories" if scores.ndim == 2 else "one number" for scores in (challenger, champion)
        ]
        raise StepRefused(
            f"the contract's label has {forms[0]}, the champion predicts {forms[1]}: they cannot be compared. Give the "
            "model another name and registry, or reject the versions that serve"
        )


def lineage_record(arguments: argparse.Namespace) -> LineageDocument:
    """Return the model's lineage: code, image, data, contract, hyperparameters, parent model and cause."""
    return {
        "git_sha": arguments.git_sha,
        "image": arguments.image,
        "parent_model": arguments.champion,
        "trigger": arguments.trigger,
        "trigger_id": arguments.trigger_id,
        "window_start": arguments.window_start,
        "window_end": arguments.window_end,
        "contract_sha256": contract_sha256(),
        "hyperparameters": dict(project_model().hyperparameters()),
        "data": read_json(arguments.data_lineage / "data.json"),
    }


def write_baselines(evaluation: EvaluationDocument, scores: Scores, contract: Contract, directory: Path) -> None:
    """Write the baselines that the registry and the monitors keep with the model."""
    statistics, constraints = model_quality(evaluation, contract)
    statistics["features"] = [profile_column(problem_of(contract).predictions(scores).alias(SCORE))]
    write_json(directory / "model_quality" / "statistics.json", statistics)
    write_json(directory / "model_quality" / "constraints.json", constraints)
    write_json(directory / "bias" / "analysis.json", bias_report(evaluation))
    write_json(directory / "explainability" / "analysis.json", explainability_report(evaluation))


def smoke_test_records(model: Model, holdout: pl.DataFrame, contract: Contract) -> SmokeTestDocument:
    """Return hold-out records in the format of requests, with their scores.

    A release compares the endpoint's scores with these.
    """
    rows = holdout.head(SMOKE_TEST_RECORDS)
    features = rows.select(contract.feature_names)
    return {"records": features.to_dicts(), "scores": model.predict(features).tolist()}


def step(arguments: argparse.Namespace) -> None:
    """Write evaluation, gates, baselines and lineage. The next step, CheckGates, acts on a failed gate."""
    contract = load_contract()
    holdout = pl.read_parquet(arguments.holdout / "holdout.parquet")
    scores = champion_scores(arguments.champion_scores, holdout, contract.dataset.record_id)
    model = project_model().load(unpack_model(arguments.model))
    predicted = model.predict(holdout.select(contract.feature_names))
    refuse_other_form(predicted, scores)
    evaluation = evaluate(model, holdout, scores, contract)
    if evaluation["champion"] is not None and arguments.champion != NO_CHAMPION:
        evaluation["champion"]["model_package_arn"] = arguments.champion
    gates = registration_gates(contract, evaluation)
    failed = refusal(gates)
    lineage = lineage_record(arguments)
    write_json(arguments.evaluation / "evaluation.json", evaluation)
    outcome: GatesDocument = {
        "passed": not failed,
        "reason": failed[:LONGEST_REASON] or "all gates passed",
        "gates": [gate.as_dict() for gate in gates],
        "data_sha256": lineage["data"]["sha256"],
        "contract_sha256": lineage["contract_sha256"],
    }
    write_json(arguments.evaluation / "gates.json", outcome)
    write_json(arguments.evaluation / "lineage.json", lineage)
    write_json(arguments.evaluation / "contract.json", contract.model_dump(mode="json", exclude_unset=True))
    write_json(arguments.evaluation / "smoke_test.json", smoke_test_records(model, holdout, contract))
    write_baselines(evaluation, predicted, contract, arguments.baselines)
    for gate in gates:
        print(gate)


def main() -> int:
    """Run the step and return the exit code."""
    paths = ["model", "holdout", "champion_scores", "data_lineage", "evaluation", "baselines"]
    return run(step, parse_arguments(__doc__, paths=paths, texts=LINEAGE))


if __name__ == "__main__":
    sys.exit(main())
