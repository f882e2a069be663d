"""`python -m sagemaker_mlops.contract`: check the contract and print it.

`python -m sagemaker_mlops.contract schema` writes the schema that editors complete it with.
"""

import argparse
import json
import sys
from pathlib import Path

from sagemaker_mlops.contract.contract import CONTRACT_FILE, SCHEMA_FILE, Contract, ContractError, load_contract
from sagemaker_mlops.contract.table import print_contract


def schema_text() -> str:
    """The JSON schema that editors complete the contract with."""
    return json.dumps(Contract.model_json_schema(), indent=2) + "\n"


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sagemaker_mlops.contract", description=__doc__)
    parser.add_argument("action", nargs="?", choices=["check", "schema"], default="check")
    parser.add_argument("--file", type=Path, default=CONTRACT_FILE, help="another contract file to check")
    arguments = parser.parse_args()
    if arguments.action == "schema":
        SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
        print(f"wrote {SCHEMA_FILE.name}")
        return 0
    try:
        print_contract(load_contract(arguments.file))
    except ContractError as error:
        print(f"The contract cannot be used:\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
