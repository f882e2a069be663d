"""TrainModel step: training of the project's model on the training rows."""

import argparse
import json
import sys

import polars as pl

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.runtime.job import parse_arguments, run
from sagemaker_mlops.runtime.model_interface import project_model
from sagemaker_mlops.runtime.problem import problem_of


def step(arguments: argparse.Namespace) -> None:
    """Train the model and save it."""
    contract = load_contract()
    table = pl.read_parquet(arguments.train / "train.parquet")
    package = project_model()
    labels = problem_of(contract).labels(table[contract.label.name])
    features = table.select(contract.feature_names)
    model = package.train(features, labels, contract.category_names, contract.outcome_categories)
    model.save(arguments.model)
    print(f"trained on {table.height:,} rows with {json.dumps(dict(package.hyperparameters()))}")


def main() -> int:
    """Run the step and return the exit code."""
    return run(step, parse_arguments(__doc__, paths=["train", "model"]))


if __name__ == "__main__":
    sys.exit(main())
