"""Baselines of the versions that occur in captured responses, read from the model registry."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_mlops.contract.baseline_documents import (
    BiasDocument,
    ColumnStatistics,
    ExplainabilityDocument,
    StatisticsDocument,
)
from sagemaker_mlops.monitoring.services import Services

Document = dict[str, Any]


@dataclass(frozen=True)
class VersionBaseline:
    """Baselines with which a version was registered.

    `notes` lists baselines that are missing. All fields are None if the version is not registered.
    """

    version: str
    data: StatisticsDocument | None = None
    quality: StatisticsDocument | None = None
    bias: BiasDocument | None = None
    explainability: ExplainabilityDocument | None = None
    model_uri: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def features(self) -> list[ColumnStatistics]:
        """Statistics of the training data's columns and of the hold-out scores."""
        return [feature for document in (self.data, self.quality) if document for feature in document["features"]]

    @property
    def attributions(self) -> dict[str, float]:
        """Mean absolute attribution of each feature, measured by the evaluation."""
        if self.explainability is None:
            return {}
        return self.explainability["explanations"]["kernel_shap"]["label0"]["global_shap_values"]

    @property
    def groups(self) -> list[Document]:
        """Rates of each group, measured by the evaluation."""
        return self.bias["post_training_bias_metrics"]["groups"] if self.bias else []


class Baselines:
    """Baselines of a model package group. Each version is looked up once."""

    def __init__(self, services: Services, group: str) -> None:
        self._services, self._group = services, group
        self._arns: dict[str, str] | None = None
        self._found: dict[str, VersionBaseline] = {}

    def of(self, version: str) -> VersionBaseline:
        """Return the baseline of a version. If it is missing, its notes say so."""
        if version not in self._found:
            self._found[version] = self._find(version)
        return self._found[version]

    def _find(self, version: str) -> VersionBaseline:
        if self._arns is None:
            self._arns = self._services.versions(self._group)
        if version not in self._arns:
            note = "the registry has no such version, so there is no baseline to compare with"
            return VersionBaseline(version, notes=(note,))
        package = self._services.describe_version(self._arns[version])
        notes: list[str] = []
        places = {
            "data": ("ModelDataQuality", "Statistics", "features"),
            "quality": ("ModelQuality", "Statistics", "features"),
            "bias": ("Bias", "Report", "post_training_bias_metrics"),
            "explainability": ("Explainability", "Report", "explanations"),
        }
        documents = {name: self._document(package, *keys, notes) for name, keys in places.items()}
        container = package.get("InferenceSpecification", {}).get("Containers", [{}])[0]
        return VersionBaseline(version, **documents, model_uri=container.get("ModelDataUrl"), notes=tuple(notes))

    def _document(self, package: Document, part: str, name: str, required: str, notes: list[str]) -> Any:
        uri = package.get("ModelMetrics", {}).get(part, {}).get(name, {}).get("S3Uri")
        content = self._services.read(uri) if uri else None
        try:
            document = json.loads(content) if content else None
        except ValueError:
            document = None
        if not isinstance(document, dict) or required not in document:
            notes.append(f"its {part} baseline is not there or cannot be read")
            return None
        return document

    def download_model(self, baseline: VersionBaseline) -> Path | None:
        """Return a temporary folder with the version's `model.tar.gz`, or None if there is no archive.

        The caller deletes the folder.
        """
        content = self._services.read(baseline.model_uri) if baseline.model_uri else None
        if content is None:
            return None
        directory = Path(tempfile.mkdtemp(prefix="model-"))
        (directory / "model.tar.gz").write_bytes(content)
        return directory
