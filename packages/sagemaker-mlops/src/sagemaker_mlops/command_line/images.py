"""Commands about the container image."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.delivery.container.docker import build_for_proof, docker
from sagemaker_mlops.delivery.container.image_rules import image_faults
from sagemaker_mlops.delivery.container.job_proof import prove_jobs, serving_environment
from sagemaker_mlops.delivery.container.server_proof import NOT_PROVED, prove_server
from sagemaker_mlops.delivery.errors import ContainerTestFailed
from sagemaker_mlops.delivery.gitops.outputs import write_outputs
from sagemaker_mlops.delivery.image import build_image
from sagemaker_mlops.delivery.start_training import parse_window
from sagemaker_mlops.project import ROOT

WORK = ROOT / "build"
CHECKED_IMAGE = "image-check"
RECORDS = ROOT / "data" / "example_request.json"

application = typer.Typer(no_args_is_help=True, help="Build the container image and test it.")
ModelOption = Annotated[
    Path | None, typer.Option(help="folder of a model; default: one that the image trains", show_default=False)
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        help="folder with one file per month, such as 2025-02.csv; default: random rows that the contract allows",
        show_default=False,
    ),
]
WindowOption = Annotated[
    str, typer.Option(help="first and last month, such as 2025-02:2025-07; default: all files", show_default=False)
]
RecordsOption = Annotated[Path, typer.Option(help="records to predict", show_default="data/example_request.json")]


@command(application, "build")
def build(
    tag: Annotated[
        str, typer.Option(help="tag; default: a digest of the sources, built only once", show_default=False)
    ] = "",
    base_image: Annotated[
        str, typer.Option(help="base image by digest; default: the Dockerfile's", show_default=False)
    ] = "",
    environment: EnvironmentOption = "dev",
) -> Mapping[str, Any]:
    """Build the image of this code and push it."""
    image_uri = build_image(target_of(environment), tag, base_image)
    write_outputs("build-image", {"image": image_uri})
    say(f"image: {image_uri}")
    return {"image_uri": image_uri}


@command(application, "prove")
def prove(
    image: Annotated[str, typer.Argument(help="name of a built image")],
    model: ModelOption = None,
    data: DataOption = None,
    window: WindowOption = "",
    records: RecordsOption = RECORDS,
) -> Mapping[str, Any]:
    """Run a built image as SageMaker does: two processing steps, the training, the server.

    Exit code 7: the image does not run.
    """
    return _prove(image, model, data, window, records)


@command(application, "check")
def check(data: DataOption = None, window: WindowOption = "") -> Mapping[str, Any]:
    """Build the image without pushing it, and run it as SageMaker does."""
    say(f"building {CHECKED_IMAGE}")
    build_for_proof(CHECKED_IMAGE)
    return _prove(CHECKED_IMAGE, None, data, window, RECORDS)


def _prove(image: str, model: Path | None, data: Path | None, window: str, records: Path) -> Mapping[str, Any]:
    if faults := image_faults(json.loads(docker("inspect", image))[0]):
        raise ContainerTestFailed(f"{image}: {'; '.join(faults)}")
    WORK.mkdir(exist_ok=True)
    notes: list[str] = []
    with tempfile.TemporaryDirectory(dir=WORK, prefix="container-proof-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        if model is None:
            folder_of_data = work / "data"
            months = _copy_as_objects(data, folder_of_data) if data else _random_rows(folder_of_data)
            months = parse_window(window) if window else months
            model, notes = prove_jobs(image, folder_of_data, months, work)
        notes += prove_server(image, model, records.read_text(encoding="utf-8"), serving_environment())
    for note in notes:
        say(note)
    is_whole = not any(NOT_PROVED in note for note in notes)
    say(f"{image} runs as on SageMaker" + ("" if is_whole else f", except for what is {NOT_PROVED}"))
    return {"image": image, "notes": notes, "complete": is_whole}


def _random_rows(folder: Path) -> tuple[str, str]:
    from sagemaker_mlops.delivery.container.random_data import write_random_month

    return write_random_month(load_contract(), folder)


def _copy_as_objects(data: Path, folder: Path) -> tuple[str, str]:
    """Copy the files of months, named as the objects in S3, and return the first and the last month.

    Raises:
        ContainerTestFailed: there are none.
    """
    files = [path for path in data.iterdir() if path.is_file()] if data.is_dir() else []
    if not files:
        raise ContainerTestFailed(
            f"expected a file a month in {data}, found none. Write some: mlops data prepare FILES --output {data}"
        )
    folder.mkdir()
    names = sorted(path.name.removeprefix("month=") for path in files)
    for path in files:
        shutil.copyfile(path, folder / f"month={path.name.removeprefix('month=')}")
    return Path(names[0]).stem, Path(names[-1]).stem
