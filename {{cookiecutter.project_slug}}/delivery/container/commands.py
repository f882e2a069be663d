"""Commands about containers of the image."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from delivery.command_line import console
from delivery.container.docker import docker
from delivery.container.image_rules import image_faults
from delivery.container.job_proof import prove_jobs, serving_environment
from delivery.container.server_proof import NOT_PROVED, prove_server
from delivery.errors import ContainerNotProved
from delivery.start_training import parse_window

WORK = Path("build")
SAMPLE_WINDOW = "2025-02:2025-07"

containers = typer.Typer()


@containers.command("prove-container")
def prove_container(
    image: Annotated[str, typer.Argument(help="name of a built image")],
    model: Annotated[Path | None, typer.Option(help="folder of a model; default: one that the image trains")] = None,
    data: Annotated[Path | None, typer.Option(help="folder of files a month; default: the sample")] = None,
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
            model, notes = prove_jobs(image, data or _sample(work / "data"), months, work)
        notes += prove_server(image, model, records.read_text(encoding="utf-8"), serving_environment())
    for note in notes:
        console.print(note, markup=False)
    is_whole = not any(NOT_PROVED in note for note in notes)
    console.print(f"{image} runs as on SageMaker" + ("" if is_whole else f", as far as nothing says {NOT_PROVED}"))


def _sample(folder: Path) -> Path:
    """The sample, with its files named as the objects in S3."""
    from data.sample import write_months  # tables take long to import

    folder.mkdir()
    for path in write_months(folder):
        path.rename(folder / f"month={path.stem}.csv")
    return folder
