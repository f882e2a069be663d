"""The contract as a frozen value, and how to read it with errors that a person can act on."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sagemaker_mlops.contract.features import CategoryFeature, ColumnName, Feature, Fraction, Frozen, Label
from sagemaker_mlops.contract.limits import ChampionRule, Drift, Fairness, Gates, Latency
from sagemaker_mlops.contract.yaml_file import YamlFile, describe_faults, read_yaml
from sagemaker_mlops.project import ROOT

CONTRACT_FILE = ROOT / "contract" / "contract.yaml"
SCHEMA_FILE = CONTRACT_FILE.with_name("contract.schema.json")


class ContractError(ValueError):
    """The contract cannot be used; the message lists every fault with its place."""


class Dataset(Frozen):
    """What identifies a row, when it happened, and how much of the data may be imperfect."""

    record_id: ColumnName
    event_time: ColumnName
    holdout_fraction: Annotated[float, Field(gt=0, lt=0.9)] = Field(
        default=0.2, description="Share of rows kept for evaluation; membership is a hash of the record id."
    )
    minimum_rows: Annotated[int, Field(ge=1)]
    maximum_duplicate_fraction: Fraction = Field(
        description="Share of rows that repeat another one in every feature and the label."
    )
    maximum_shift: Fraction = Field(
        description="Largest distance of a column from the champion's data; beyond it the data are broken, not drifted."
    )


class Contract(Frozen):
    """The whole promise. Read it with `load_contract`."""

    version: Literal[1]
    name: str = Field(min_length=1)
    owner: str = Field(min_length=3)
    dataset: Dataset
    label: Label
    features: tuple[Feature, ...] = Field(min_length=1)
    gates: Gates
    champion: ChampionRule
    fairness: Fairness
    latency: Latency
    drift: Drift

    @model_validator(mode="before")
    @classmethod
    def _operations_are_elsewhere(cls, content: Any) -> Any:
        moved = [name for name in ("retraining", "rollout") if isinstance(content, dict) and name in content]
        if moved:
            raise ValueError(f"{' and '.join(moved)} moved to operations.yaml; move the section there as it is")
        return content

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [self.dataset.record_id, self.dataset.event_time, self.label.name, *self.feature_names]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"column {', '.join(repeated)} is named more than once; every column has one role")
        return self

    @model_validator(mode="after")
    def _fairness_groups_are_categories(self) -> Self:
        for group in self.fairness.groups:
            if group not in self.feature_names:
                raise ValueError(f"fairness.groups names {group}, which is not a feature; choose one of the features")
            if self.feature(group).type not in ("category", "boolean"):
                raise ValueError(f"fairness.groups names {group}, which has no categories; choose a category feature")
        return self

    @model_validator(mode="after")
    def _live_floors_do_not_exceed_registration(self) -> Self:
        registered = {limit.metric: limit for limit in self.gates.registration}
        for live in self.gates.live:
            floor = registered.get(live.metric)
            if floor is None:
                continue
            pairs = ((live.minimum, floor.minimum), (floor.maximum, live.maximum))
            if any(strict is not None and loose is not None and strict > loose for strict, loose in pairs):
                raise ValueError(
                    f"gates.live asks more of {live.metric} than gates.registration, so a registered model "
                    "could break the contract at once; loosen it"
                )
        return self

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in the contract's order, which is the model's column order."""
        return tuple(feature.name for feature in self.features)

    @property
    def sensitive_names(self) -> frozenset[str]:
        """Features whose values may not be shown anywhere."""
        return frozenset(feature.name for feature in self.features if feature.sensitive)

    @property
    def category_names(self) -> dict[str, tuple[str, ...]]:
        """Categories of every category feature, by feature name."""
        return {feature.name: feature.categories for feature in self.features if isinstance(feature, CategoryFeature)}

    def feature(self, name: str) -> Feature:
        """Return one feature by name; raises KeyError if there is none."""
        return {feature.name: feature for feature in self.features}[name]


def load_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read and check a contract file.

    Raises ContractError with one line per fault: file, line, key path, what was expected and found.
    """
    source = read_yaml(path, ContractError)
    return validate_contract(source)


def validate_contract(source: YamlFile) -> Contract:
    """Turn a read YAML file into a Contract; raises ContractError."""
    try:
        return Contract.model_validate(source.content)
    except ValidationError as error:
        raise ContractError(describe_faults(source, error)) from None


def contract_sha256(path: Path = CONTRACT_FILE) -> str:
    """Hash of the contract file, recorded with every model that was trained under it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
