"""ScoreChampion step: scores of the champion for the hold-out rows.

The step runs in the image that the champion was trained with, because feature code changes between versions. Without a
champion nothing is scored.
"""

import argparse
import sys

import polars as pl

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.runtime.job import parse_arguments, run, write_json
from sagemaker_mlops.runtime.model_archive import unpack_model
from sagemaker_mlops.runtime.model_interface import project_model

SCORES_FILE = "scores.parquet"
NO_CHAMPION = "none"


def step(arguments: argparse.Namespace) -> None:
    """Write the champion's score of each hold-out row, or only a note if there is no champion.

    The note makes sure that the input of the next step exists. SageMaker fails a job whose input prefix has no object.
    """
    write_json(arguments.scores / "champion.json", {"model_package_arn": arguments.champion})
    if arguments.champion == NO_CHAMPION:
        print("no version serves yet, so there is no champion to compare with")
        return
    holdout = pl.read_parquet(arguments.holdout / "holdout.parquet")
    contract = load_contract()
    scores = project_model().load(unpack_model(arguments.model)).predict(holdout.select(contract.feature_names))
    record_id = contract.dataset.record_id
    pl.DataFrame({record_id: holdout[record_id], "score": scores}).write_parquet(arguments.scores / SCORES_FILE)
    print(f"scored {holdout.height:,} hold-out rows with {arguments.champion}")


def main() -> int:
    """Run the step and return the exit code."""
    return run(step, parse_arguments(__doc__, paths=["holdout", "model", "scores"], texts=["champion"]))


if __name__ == "__main__":
    sys.exit(main())
