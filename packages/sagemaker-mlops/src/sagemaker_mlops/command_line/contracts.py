"""Commands about the contract and the operations file."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagemaker_mlops.command_line.output import JsonMode, Result, console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.compare import compare_contracts
from sagemaker_mlops.contract.contract import CONTRACT_FILE, load_contract
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.table import contract_tables
from sagemaker_mlops.delivery.checkout import contract_of_commit
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.environments.operations import load_operations
from sagemaker_mlops.environments.operations_table import operations_table
from sagemaker_mlops.environments.schema import write_schemas
from sagemaker_mlops.environments.settings import load_settings

if TYPE_CHECKING:
    from sagemaker_mlops.delivery.drafting.draft import Draft


class ProblemOption(StrEnum):
    """Types of labels, for the command line."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


application = typer.Typer(no_args_is_help=True, help="Draft and check the contract, and check the operations file.")


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


@command(application, "compare")
def compare(
    before: Annotated[
        str, typer.Argument(help="contract file, or a commit such as origin/main, whose contract is taken")
    ] = "origin/main",
    after: Annotated[Path, typer.Argument(help="contract file that would follow")] = CONTRACT_FILE,
) -> Result:
    """Show how two contracts differ, and whom each difference breaks. Exit code 3: clients or data are broken."""
    old = load_contract(Path(before)) if Path(before).is_file() else contract_of_commit(before)
    changes = compare_contracts(old, load_contract(after))
    for change in changes:
        say(str(change))
    if not changes:
        say("no differences")
    is_breaking = any(change.breaks for change in changes)
    return Result({"changes": [asdict(change) for change in changes], "breaking": is_breaking}, 3 if is_breaking else 0)


@command(application, "schema")
def schema() -> Mapping[str, Any]:
    """Write the JSON schemas with which editors complete contract.yaml and operations.yaml."""
    written = [str(path) for path in write_schemas()]
    for path in written:
        say(f"wrote {path}")
    return {"written": written}


@command(application, "draft")
def draft(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files with the same columns", show_default=False)],
    label: Annotated[str, typer.Option(help="column with the outcome", show_default=False)] = "",
    problem: Annotated[
        ProblemOption | None, typer.Option(help="type of the label; default: as its values suggest", show_default=False)
    ] = None,
    positive: Annotated[str, typer.Option(help="of two outcomes, the one to predict", show_default=False)] = "",
    record_id: Annotated[str, typer.Option(help="column that identifies a row", show_default=False)] = "",
    event_time: Annotated[str, typer.Option(help="column with the time of the event", show_default=False)] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="feature whose groups are compared for fairness", show_default=False)
    ] = None,
    unseen_group: Annotated[
        list[str] | None,
        typer.Option(help="column whose groups are compared, and that the model does not see", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option(help="file to write", show_default="contract/contract.yaml")] = CONTRACT_FILE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="take every suggestion, and list them")] = False,
) -> Mapping[str, Any]:
    """Draft the contract from data: types, ranges, categories, and floors of a first model.

    It asks what it cannot know, one question at a time. The contract that is there is kept in build/.
    """
    from sagemaker_mlops.delivery.drafting.draft import Choices, Drafter
    from sagemaker_mlops.delivery.drafting.files import identity_of, write_draft
    from sagemaker_mlops.delivery.drafting.questions import Person, Suggestions
    from sagemaker_mlops.runtime.model_interface import ModelInterfaceError, project_model

    if JsonMode.is_on and not yes:
        raise DeliveryError("expected --yes with --json, since there is nobody to answer questions")
    try:
        package = project_model()
    except (ModelInterfaceError, ImportError) as error:
        raise DeliveryError(f"the first model cannot be trained: {error}") from None
    suggestions = Suggestions()
    asker = suggestions if yes else Person(lambda question, first: str(typer.prompt(question, default=first)), say)
    kind: ProblemType | None = problem.value if problem else None
    groups, unseen = tuple(group or ()), tuple(unseen_group or ())
    choices = Choices(label, kind, positive, record_id, event_time, groups, unseen)
    drafted = Drafter(files, identity_of(output), asker, package, say).draft(choices)
    written = write_draft(drafted, output, suggestions.taken)
    _tell_draft(drafted, suggestions.taken)
    say(f"wrote {written.contract}, {written.example} and {written.page}")
    if written.backup:
        say(f"the contract that was there is kept in {written.backup}")
    files_shown = "FILES" if list(drafted.files) == files else f"{drafted.files[0].parent}/*.csv"
    say(f"next: read {written.page}, correct {written.contract}, then: mlops data check {files_shown}")
    return {
        "contract": str(written.contract),
        "page": str(written.page),
        "files": [str(path) for path in drafted.files],
        "features": list(drafted.contract.feature_names),
        "left_out": drafted.left_out,
        "suspicious": drafted.suspicious,
        "suggestions": suggestions.taken,
    }


def _tell_draft(drafted: "Draft", taken: list[str]) -> None:
    for line in drafted.measured:
        say(f"  {line}")
    for title, lines in (
        ("left out", [f"{name}: {reason}" for name, reason in drafted.left_out.items()]),
        ("look at", [f"{name}: {'; '.join(notes)}" for name, notes in drafted.notes.items()]),
        ("taken without a question", taken),
    ):
        if lines:
            say(f"{title}:")
        for line in lines:
            say(f"  {line}")
