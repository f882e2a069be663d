"""Commands about containers of the image."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sagemaker_mlops.delivery.command_line import console
from sagemaker_mlops.delivery.container.docker import docker
from sagemaker_mlops.delivery.container.image_rules import image_faults
from sagemaker_mlops.delivery.container.job_proof import prove_jobs, serving_environment
from sagemaker_mlops.delivery.container.server_proof import NOT_PROVED, prove_server
from sagemaker_mlops.delivery.errors import ContainerNotProved
from sagemaker_mlops.delivery.start_training import parse_window

WORK = Path("build")
DATA = WORK / "data"  # where `make sample-data` writes
SAMPLE_WINDOW = "2025-02:2025-07"

containers = typer.Typer()


@containers.command("prove-container")
def prove_container(
    image: Annotated[str, typer.Argument(help="name of a built image")],
    model: Annotated[Path | None, typer.Option(help="folder of a model; default: one that the image trains")] = None,
    data: Annotated[Path, typer.Option(help="folder of files a month, such as 2025-02.csv")] = DATA,
    window: Annotated[str, typer.Option(help="first and last month of the data")] = SAMPLE_WINDOW,
    records: Annotated[Path, typer.Option(help="records to predict")] = Path("data/example_request.json"),
) -> None:
    """Run an image as SageMaker does: two processing steps, the training, the server. Exit code 7: it does not run."""
    if faults := image_faults(json.loads(docker("inspect", image))[0]):
        raise ContainerNotProved(f"{image}: {'; '.join(faults)}")
    WORK.mkdir(exist_ok=True)
    notes: list[str] = []
    with tempfile.TemporaryDirectory(dir=WORK, prefix="container-proof-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        if model is None:
            months = parse_window(window)
            model, notes = prove_jobs(image, _named_as_objects(data, work / "data"), months, work)
        notes += prove_server(image, model, records.read_text(encoding="utf-8"), serving_environment())
    for note in notes:
        console.print(note, markup=False)
    is_whole = not any(NOT_PROVED in note for note in notes)
    console.print(f"{image} runs as on SageMaker" + ("" if is_whole else f", as far as nothing says {NOT_PROVED}"))


def _named_as_objects(data: Path, folder: Path) -> Path:
    """Copy the files of months, named as the objects in S3. Raises ContainerNotProved if there are none."""
    files = [path for path in data.iterdir() if path.is_file()] if data.is_dir() else []
    if not files:
        raise ContainerNotProved(f"expected a file a month in {data}, found none. Write the sample: make sample-data")
    folder.mkdir()
    for path in files:
        shutil.copyfile(path, folder / f"month={path.name.removeprefix('month=')}")
    return folder
