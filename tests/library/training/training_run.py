"""Run the training's steps one after the other on folders, as their jobs would, without any cloud."""

import io
import json
import tarfile
from argparse import Namespace
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.job import run
from sagemaker_mlops.training import evaluate_model, prepare_data, score_champion, train_model, validate_data

STEPS = {
    "validate_data": validate_data,
    "prepare_data": prepare_data,
    "train_model": train_model,
    "score_champion": score_champion,
    "evaluate_model": evaluate_model,
}


@dataclass
class TrainingRun:
    """One run of the pipeline's steps below a folder."""

    root: Path
    data: Path
    window: tuple[str, str]
    contract: Contract
    champion: "TrainingRun | None" = None
    printed: io.StringIO = field(default_factory=io.StringIO)

    def write_manifest(self) -> None:
        """Note the window's objects and keep them in this version, as start-training and a versioned bucket do."""
        kept = self.folder("versions")
        months = [path for path in self.data.iterdir() if self.window[0] <= path.stem[-7:] <= self.window[1]]
        for path in months:
            (kept / path.name).write_bytes(path.read_bytes())
        objects = [{"name": path.name, "version_id": "1", "size_bytes": path.stat().st_size} for path in sorted(months)]
        (self.folder("manifest") / "manifest.json").write_text(json.dumps({"objects": objects}))

    def fetch(self, _uri: str, manifest: dict[str, Any], directory: Path) -> None:
        """What `fetch_objects` does, from the kept versions."""
        for entry in manifest["objects"]:
            (directory / entry["name"]).write_bytes((self.folder("versions") / entry["name"]).read_bytes())

    def folder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def step(self, name: str, **paths: Path) -> int:
        """Run one step; returns the exit code of its job."""
        texts = {
            "window_start": self.window[0],
            "window_end": self.window[1],
            "champion": "arn:champion" if self.champion else "none",
            "data_uri": "s3://data/data/",
            **{key: key for key in ("git_sha", "image", "trigger", "trigger_id")},
        }
        arguments = Namespace(output=self.folder("output"), **paths, **texts)
        with (
            redirect_stdout(self.printed),
            redirect_stderr(self.printed),
            patch.object(STEPS[name], "load_contract", lambda: self.contract),
            patch.object(STEPS[name], "fetch_objects", self.fetch, create=True),
        ):
            return run(STEPS[name].step, arguments)

    def validate(self) -> int:
        self.write_manifest()
        baseline = self.champion.folder("baseline") if self.champion else self.folder("no-champion")
        return self.step(
            "validate_data",
            data=self.folder("validated-data"),
            manifest=self.folder("manifest"),
            baseline=baseline,
            validation=self.folder("validation"),
            profile=self.folder("profile"),
        )

    def prepare(self) -> int:
        names = ("manifest", "validation", "train", "holdout", "baseline", "lineage")
        folders = {name: self.folder(name) for name in names}
        return self.step("prepare_data", data=self.folder("prepared-data"), **folders)

    def train(self) -> int:
        code = self.step("train_model", train=self.folder("train"), model=self.folder("model"))
        with tarfile.open(self.folder("archive") / "model.tar.gz", "w:gz") as archive:
            for path in sorted(self.folder("model").iterdir()):
                archive.add(path, path.name)
        return code

    def evaluate(self) -> int:
        champion_model = self.champion.folder("archive") if self.champion else self.folder("no-champion")
        code = self.step(
            "score_champion", holdout=self.folder("holdout"), model=champion_model, scores=self.folder("scores")
        )
        return code or self.step(
            "evaluate_model",
            model=self.folder("archive"),
            holdout=self.folder("holdout"),
            champion_scores=self.folder("scores"),
            data_lineage=self.folder("lineage"),
            evaluation=self.folder("evaluation"),
            baselines=self.folder("baselines"),
        )

    def all(self) -> "TrainingRun":
        for part in (self.validate, self.prepare, self.train, self.evaluate):
            assert part() == 0, self.printed.getvalue()
        return self

    def read(self, name: str) -> Any:
        return json.loads((self.root / name).read_text(encoding="utf-8"))

    @property
    def reason(self) -> str:
        """Why the job failed, as SageMaker shows it."""
        return (self.root / "output" / "message").read_text(encoding="utf-8")
