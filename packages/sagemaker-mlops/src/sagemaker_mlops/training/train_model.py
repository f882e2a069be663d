"""TrainModel: fit the team's model on the training rows and save it as text and JSON."""

import argparse
import sys

import polars as pl
from model.features import FeatureEncoding, encode
from model.train import load_hyperparameters, save_model, train

from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.runtime.job import parse_arguments, run


def encoding_of(contract: Contract) -> FeatureEncoding:
    """The matrix that the contract's features make."""
    return FeatureEncoding(contract.feature_names, contract.category_names)


def step(arguments: argparse.Namespace) -> None:
    """Train and save."""
    contract = load_contract()
    table = pl.read_parquet(arguments.train / "train.parquet")
    encoding = encoding_of(contract)
    hyperparameters = load_hyperparameters()
    labels = table[contract.label.name].to_numpy()
    booster = train(encode(table, encoding), labels, encoding, hyperparameters)
    save_model(booster, encoding, arguments.model)
    print(f"trained {booster.num_trees()} trees on {table.height:,} rows with {hyperparameters}")


def main() -> int:
    """Entry point."""
    return run(step, parse_arguments(__doc__, paths=["train", "model"]))


if __name__ == "__main__":
    sys.exit(main())
