"""Commands about the contract and the operations file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.output import console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.contract import CONTRACT_FILE, load_contract
from sagemaker_mlops.contract.table import contract_tables
from sagemaker_mlops.environments.operations import load_operations
from sagemaker_mlops.environments.operations_table import operations_table
from sagemaker_mlops.environments.schema import write_schemas
from sagemaker_mlops.environments.settings import load_settings

application = typer.Typer(no_args_is_help=True, help="Check the contract, the operations and the environments files.")


@command(application, "check")
def check(
    file: Annotated[Path, typer.Option(help="another contract file to check", show_default=False)] = CONTRACT_FILE,
) -> Mapping[str, Any]:
    """Check the contract, the operations file and the environments file, and print the first two."""
    contract, operations = load_contract(file), load_operations()
    load_settings()
    for table in (*contract_tables(contract), operations_table(operations)):
        console.print(table)
    return {"contract": contract.model_dump(mode="json"), "operations": operations.model_dump(mode="json")}


@command(application, "schema")
def schema() -> Mapping[str, Any]:
    """Write the JSON schemas with which editors complete contract.yaml and operations.yaml."""
    written = [str(path) for path in write_schemas()]
    for path in written:
        say(f"wrote {path}")
    return {"written": written}
