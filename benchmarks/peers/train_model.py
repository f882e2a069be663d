"""Command that trains the model of the server benchmark: `train_model.py DIRECTORY`.

It runs in the environment of a project.
"""

import json
import sys
from pathlib import Path

from data.sample import load_sample
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.data_checks import check_table

from model.features import encode
from model.train import Hyperparameters, train

TREES, RECORDS = 200, 500


def main() -> int:
    """Write the model, records as JSON, and rows as CSV without a header."""
    directory, contract = Path(sys.argv[1]), load_contract()
    table = check_table(load_sample(), contract).table
    features, labels = table.select(contract.feature_names), table[contract.label.name].to_numpy()
    parameters = Hyperparameters(trees=TREES, leaves=15, learning_rate=0.05, seed=1)
    model = train(features, labels, contract.category_names, contract.outcome_categories, parameters)
    model.save(directory)
    matrix = encode(features, model.encoding)
    (directory / "records.json").write_text(json.dumps(features.head(RECORDS).to_dicts()))
    (directory / "matrix.json").write_text(json.dumps(matrix[:RECORDS].tolist()))
    features.write_csv(directory / "rows.csv", include_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
