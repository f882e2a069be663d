"""`python -m sagemaker_mlops.contract`: check the contract and print it."""

import argparse
import sys
from pathlib import Path

from sagemaker_mlops.contract.contract import CONTRACT_FILE, ContractError, load_contract
from sagemaker_mlops.contract.table import print_contract


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sagemaker_mlops.contract", description=__doc__)
    parser.add_argument("--file", type=Path, default=CONTRACT_FILE, help="another contract file to check")
    arguments = parser.parse_args()
    try:
        print_contract(load_contract(arguments.file))
    except ContractError as error:
        print(f"The contract cannot be used:\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
