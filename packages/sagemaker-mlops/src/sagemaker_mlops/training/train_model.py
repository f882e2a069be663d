"""TrainModel step: training of the model on the training rows, saved as text and JSON."""

import argparse
import sys

import polars as pl
from model.features import FeatureEncoding, encode
from model.train import load_hyperparameters, save_model, train

from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.runtime.job import parse_arguments, run


def feature_encoding(contract: Contract) -> FeatureEncoding:
    """Return the feature encoding for the contract's features."""
    return FeatureEncoding(contract.feature_names, contract.category_names)


def step(arguments: argparse.Namespace) -> None:
    """Train the model and save it."""
    contract = load_contract()
    table = pl.read_parquet(arguments.train / "train.parquet")
    encoding = feature_encoding(contract)
    hyperparameters = load_hyperparameters()
    labels = table[contract.label.name].to_numpy()
    booster = train(encode(table, encoding), labels, encoding, hyperparameters)
    save_model(booster, encoding, arguments.model)
    print(f"trained {booster.num_trees()} trees on {table.height:,} rows with {hyperparameters}")


def main() -> int:
    """Run the step and return the exit code."""
    return run(step, parse_arguments(__doc__, paths=["train", "model"]))


if __name__ == "__main__":
    sys.exit(main())
