"""Commands about training data and labels."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import Result, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.contract import load_contract

if TYPE_CHECKING:
    from sagemaker_mlops.contract.data_checks import CheckedTable

application = typer.Typer(no_args_is_help=True, help="Prepare, check and upload training data, and upload labels.")
FilesArgument = Annotated[list[Path], typer.Argument(help="CSV or Parquet files", show_default=False)]


@command(application, "prepare")
def prepare(
    files: FilesArgument,
    output: Annotated[Path, typer.Option(help="folder to write to")] = Path("build/prepared"),
    record_id: Annotated[str, typer.Option(help="column that identifies a row", show_default="made")] = "",
    event_time: Annotated[str, typer.Option(help="column with the time of the event", show_default="made")] = "",
    time_format: Annotated[
        str, typer.Option(help="format of the times, such as %d/%m/%Y", show_default="ISO 8601")
    ] = "",
    separator: Annotated[str, typer.Option(help="character between the fields")] = ",",
    encoding: Annotated[str, typer.Option(help="encoding of the files, such as latin1")] = "utf-8-sig",
    drop_missing: Annotated[
        list[str] | None, typer.Option(help="leave out rows without a value in this column", show_default=False)
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m"], help="first month of times that are made")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m"], help="last month of those")] = None,
) -> Mapping[str, Any]:
    """Write files as one CSV per month, with an id and a time in every row. Needs no credentials."""
    from sagemaker_mlops.delivery.prepare_files import EVENT_TIME, Format, months_until, prepare

    until = last.date() if last else datetime.now(UTC).date()
    months = (first.date(), until) if first else months_until(until)
    given = Format(separator, encoding, record_id, event_time, time_format, tuple(drop_missing or ()))
    found = prepare(files, output, given, months)
    for path in found.files:
        say(f"wrote {path}")
    if found.left_out:
        say(f"left out: {found.left_out:,} rows without a value in {' or '.join(given.required)}")
    for name in found.added:
        say(f"added: {name}")
    if EVENT_TIME in found.added:
        say("note: the times are made up, so months and drift between them say nothing; use real ones if there are any")
    say(f"next: mlops contract draft {output}/*.csv --label COLUMN")
    return {"files": [str(path) for path in found.files], "rows": found.rows, "added": list(found.added)}


@command(application, "check")
def check(files: FilesArgument) -> Result:
    """Check files against the contract, and say everything that is wrong. Needs no credentials, uploads nothing."""
    from sagemaker_mlops.delivery.check_data import check_files

    found = check_files(files, load_contract())
    for one in found:
        outcome = "breaks the contract" if one.faults else "keeps the contract"
        say(f"{one.name}: {one.rows:,} rows, {outcome}")
        for line in (*one.faults, *(f"note: {note}" for note in one.notes)):
            say(f"  {line}")
    return Result({"checks": [asdict(one) for one in found]}, int(any(one.faults for one in found)))


@command(application, "put")
def put(
    files: FilesArgument,
    environment: EnvironmentOption = "dev",
    replace: Annotated[bool, typer.Option("--replace", help="replace months that are in the bucket already")] = False,
    append: Annotated[bool, typer.Option("--append", help="add the rows to months that are there already")] = False,
) -> Mapping[str, Any]:
    """Check files against the contract and upload them, one object per month.

    Nothing is uploaded unless every file keeps the contract. The files are kept as they came, too.
    """
    from sagemaker_mlops.delivery.put_data import check_file, keep_file, put_data, refuse_shared_months

    contract, target = load_contract(), target_of(environment)
    checked = [check_file(path, contract) for path in files]
    tables = [check.table for check in checked]
    if not append:
        refuse_shared_months(files, tables, contract)
    for note, names in _notes(files, checked).items():
        say(f"note: {note}; in {names[0] if len(names) == 1 else f'{len(names)} files'}")
    months = []
    for part in put_data(target, tables, contract, replace=replace, append=append):
        say(f"{part.outcome}: {part.month}, {part.rows:,} rows")
        months.append(asdict(part))
    kept = [keep_file(target, path) for path in files]
    return {"months": months, "files": kept}


def _notes(files: list[Path], checked: "list[CheckedTable]") -> dict[str, list[str]]:
    """Return each note once, with the names of the files that it is about."""
    found: dict[str, list[str]] = {}
    for path, check in zip(files, checked, strict=True):
        for note in check.findings:
            found.setdefault(str(note), []).append(path.name)
    return found


@command(application, "put-labels")
def put_labels(
    files: FilesArgument,
    id_column: Annotated[str, typer.Option(help="column with the inference ids")] = "inference_id",
    label_column: Annotated[
        str, typer.Option(help="column with the labels; default: the contract's label", show_default=False)
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="upload labels that were uploaded before")] = False,
    environment: EnvironmentOption = "production",
) -> Mapping[str, Any]:
    """Upload labels of predictions, by inference id. Uploading the same labels again changes nothing."""
    from sagemaker_mlops.delivery.monitors.put_labels import put_labels as upload_labels
    from sagemaker_mlops.delivery.monitors.put_labels import read_label_file

    target, label = target_of(environment), load_contract().label
    checked = [read_label_file(path, id_column, label_column or label.name, label) for path in files]
    uploads = []
    for path, labels in zip(files, checked, strict=True):
        is_uploaded = upload_labels(target, labels, again=again)
        say(f"{'uploaded' if is_uploaded else 'unchanged, uploaded before'}: {path.name}, {labels.labels:,} labels")
        uploads.append({"file": path.name, "labels": labels.labels, "uploaded": is_uploaded})
    return {"files": uploads}
