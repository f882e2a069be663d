"""ScoreChampion: score the hold-out rows with the serving model, in the image that it was trained with.

Feature code changes between versions, so the champion's own image runs this step. Without a champion nothing is scored.
"""

import argparse
import sys

import polars as pl
from model.predict import load_model, predict_scores

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.runtime.job import parse_arguments, run, write_json
from sagemaker_mlops.runtime.model_archive import unpack_model

SCORES_FILE = "scores.parquet"
NO_CHAMPION = "none"


def step(arguments: argparse.Namespace) -> None:
    """Write the champion's score of every hold-out row, or only a note that no champion serves.

    The note is there for the next step's input: SageMaker fails a job whose input prefix has no object.
    """
    write_json(arguments.scores / "champion.json", {"model_package_arn": arguments.champion})
    if arguments.champion == NO_CHAMPION:
        print("no version serves yet, so there is nothing to compare with")
        return
    holdout = pl.read_parquet(arguments.holdout / "holdout.parquet")
    scores = predict_scores(load_model(unpack_model(arguments.model)), holdout)
    record_id = load_contract().dataset.record_id
    pl.DataFrame({record_id: holdout[record_id], "score": scores}).write_parquet(arguments.scores / SCORES_FILE)
    print(f"scored {holdout.height:,} hold-out rows with {arguments.champion}")


def main() -> int:
    """Entry point."""
    return run(step, parse_arguments(__doc__, paths=["holdout", "model", "scores"], texts=["champion"]))


if __name__ == "__main__":
    sys.exit(main())
