"""Test that an image runs the steps of the committed pipeline definition, with a mounted /opt/ml."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_mlops.delivery.container.container import container
from sagemaker_mlops.delivery.container.docker import Answer
from sagemaker_mlops.delivery.container.failure_causes import Evidence
from sagemaker_mlops.delivery.container.server_proof import not_proved
from sagemaker_mlops.delivery.errors import ContainerTestFailed

DEFINITION = Path("pipelines/definitions/training.json")
JOB_SECONDS = 900.0
OPT_ML = "/opt/ml"
INPUT, OUTPUT = f"{OPT_ML}/processing/input", f"{OPT_ML}/processing/output"
MOUNTED_DATA_URI = "s3://mounted/data/"  # never read: the files are mounted, and the container has no network
# Files in which a container reports to SageMaker why a job failed.
REASONS = ("output/message", "output/failure")


@dataclass(frozen=True)
class Job:
    """A step of the pipeline definition, run in a container with a local folder mounted at /opt/ml."""

    image: str
    name: str
    arguments: dict[str, Any]
    folder: Path

    def path(self, place: str) -> Path:
        """Return the local folder of a path in the container, and create it if necessary."""
        path = self.folder / place.removeprefix(OPT_ML).lstrip("/")
        path.mkdir(parents=True, exist_ok=True)
        return path

    def run(self, parameters: dict[str, str]) -> str:
        """Run the step as SageMaker does and return a sentence with the result.

        Args:
            parameters: Values of the pipeline parameters that the arguments refer to.

        Raises:
            ContainerTestFailed: The container failed; the message states the cause.
        """
        specification = self.arguments.get("AppSpecification") or self.arguments["AlgorithmSpecification"]
        entry_point: list[str] = specification["ContainerEntrypoint"]
        words = [_resolved(word, parameters) for word in specification["ContainerArguments"]]
        for place in self._places():
            self.path(place)
        with container(
            self.image,
            [*entry_point[1:], *words],
            volumes={OPT_ML: self.folder},
            environment=self.arguments.get("Environment", {}),
            entry_point=entry_point[0],
            seconds=JOB_SECONDS,
        ) as (job, answer):
            if answer.code:
                raise not_proved(self.name, self._evidence(answer, job.state if answer.code != 125 else {}))
        return f"{self.name}: {' '.join(entry_point)} ended with 0"

    def _places(self) -> list[str]:
        inputs = [entry["S3Input"]["LocalPath"] for entry in self.arguments.get("ProcessingInputs", [])]
        outputs = self.arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])
        outputs = [entry["S3Output"]["LocalPath"] for entry in outputs]
        channels = [
            f"{OPT_ML}/input/data/{entry['ChannelName']}" for entry in self.arguments.get("InputDataConfig", [])
        ]
        return [*inputs, *outputs, *channels, f"{OPT_ML}/model", f"{OPT_ML}/output"]

    def _evidence(self, answer: Answer, state: dict[str, Any]) -> Evidence:
        reasons = [path.read_text(encoding="utf-8") for name in REASONS if (path := self.folder / name).is_file()]
        log = answer.output + answer.errors
        return Evidence(answer.code, bool(state.get("OOMKilled")), log=log, reason=reasons[0] if reasons else "")


def _resolved(word: Any, parameters: dict[str, str]) -> str:
    return word if isinstance(word, str) else parameters[word["Get"].removeprefix("Parameters.")]


def read_steps() -> dict[str, dict[str, Any]]:
    """Return the arguments of the steps in the committed pipeline definition by name."""
    definition = json.loads(DEFINITION.read_text(encoding="utf-8"))
    return {step["Name"]: step["Arguments"] for step in definition["Steps"]}


def serving_environment() -> dict[str, str]:
    """Return the environment variables with which the pipeline definition registers versions."""
    text = DEFINITION.read_text(encoding="utf-8")
    specification = _find(json.loads(text), "InferenceSpecification")
    environment: dict[str, str] = specification["Containers"][0].get("Environment", {})
    return environment


def _objects(data: Path, window: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the manifest entries for the files in a training window."""
    return [
        {"name": path.name, "version_id": "proof", "size_bytes": path.stat().st_size}
        for path in sorted(data.iterdir())
        if window[0] <= path.stem.rpartition("=")[2] <= window[1]
    ]


def _find(content: Any, key: str) -> Any:
    """Return the first value of a key at any depth of nested content, or None."""
    if isinstance(content, dict) and key in content:
        return content[key]
    values = content.values() if isinstance(content, dict) else content if isinstance(content, list) else []
    return next((found for value in values if (found := _find(value, key)) is not None), None)


def prove_jobs(image: str, data: Path, window: tuple[str, str], work: Path) -> tuple[Path, list[str]]:
    """Run ValidateData, PrepareData and TrainModel in containers.

    Args:
        image: Name of a built image.
        data: Folder of CSV or Parquet files, one for each month.
        window: First and last month of the training window.
        work: Folder for the inputs and outputs of the jobs.

    Returns:
        The folder of the model, and one sentence with the result of each job.

    Raises:
        ContainerTestFailed: A job failed; the message states the cause.
    """
    steps = read_steps()
    validate, prepare, train = (
        Job(image, name, steps[name], work / name) for name in ("ValidateData", "PrepareData", "TrainModel")
    )
    parameters = {"WindowStart": window[0], "WindowEnd": window[1], "DataUri": MOUNTED_DATA_URI}
    for job in (validate, prepare):
        shutil.copytree(data, job.path(f"{INPUT}/data"), dirs_exist_ok=True)
        manifest = job.path(f"{INPUT}/manifest") / "manifest.json"
        manifest.write_text(json.dumps({"objects": _objects(data, window)}), encoding="utf-8")
    notes = [validate.run(parameters)]
    shutil.copytree(validate.path(f"{OUTPUT}/validation"), prepare.path(f"{INPUT}/validation"), dirs_exist_ok=True)
    notes.append(prepare.run(parameters))
    shutil.copytree(prepare.path(f"{OUTPUT}/train"), train.path(f"{OPT_ML}/input/data/train"), dirs_exist_ok=True)
    notes.append(train.run(parameters))
    model = train.path(f"{OPT_ML}/model")
    if not any(model.iterdir()):
        raise ContainerTestFailed(
            f"TrainModel: expected files in {OPT_ML}/model, found none; SageMaker uploads that folder"
        )
    return model, notes
