"""The contract as an immutable pydantic model, and the functions that load and validate it."""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sagemaker_mlops.contract.features import CategoryFeature, ColumnName, Feature, Fraction, Frozen
from sagemaker_mlops.contract.labels import Label, MulticlassLabel
from sagemaker_mlops.contract.limits import (
    METRICS_OF,
    RATES_OF,
    UNBOUNDED,
    ChampionRule,
    Drift,
    Fairness,
    Gates,
    Latency,
)
from sagemaker_mlops.contract.yaml_file import YamlFile, describe_faults, read_yaml
from sagemaker_mlops.project import ROOT

CONTRACT_FILE = ROOT / "contract" / "contract.yaml"
SCHEMA_FILE = CONTRACT_FILE.with_name("contract.schema.json")


class ContractError(ValueError):
    """The contract is invalid; the message lists every error with its file, line and key path."""


class Dataset(Frozen):
    """Record id and event time columns, hold-out share, and limits for the quality of the training data."""

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
    """Contract of the model: data, gates, fairness, latency and drift. Load it with `load_contract`."""

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
    def _no_operations_settings(cls, content: Any) -> Any:
        moved = [name for name in ("retraining", "rollout") if isinstance(content, dict) and name in content]
        if moved:
            raise ValueError(f"{' and '.join(moved)} moved to operations.yaml; move the section there as it is")
        return content

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [self.dataset.record_id, self.dataset.event_time, self.label.name, *self.data_columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"column {', '.join(repeated)} is named more than once; every column has one role")
        return self

    @model_validator(mode="after")
    def _fairness_groups_are_categories(self) -> Self:
        for group in self.fairness.groups:
            if group not in self.data_columns:
                raise ValueError(
                    f"fairness.groups names {group}, which is not a feature; choose one of the features, or describe "
                    "the column in fairness.columns"
                )
            if self.column(group).type not in ("category", "boolean"):
                raise ValueError(f"fairness.groups names {group}, which has no categories; choose a category feature")
        unused = [column.name for column in self.fairness.columns if column.name not in self.fairness.groups]
        if unused:
            raise ValueError(f"fairness.columns has {', '.join(unused)}, which fairness.groups does not name; add it")
        for limit in self.fairness.limits:
            for name in limit.groups:
                if name not in self.fairness.groups:
                    raise ValueError(f"fairness.limits is for {name}, which fairness.groups does not name; add it")
        return self

    @model_validator(mode="after")
    def _limits_fit_the_problem(self) -> Self:
        problem = self.label.problem
        metrics, rates = METRICS_OF[problem], RATES_OF[problem]
        floors = {"gates.registration": self.gates.registration, "gates.live": self.gates.live}
        named = [(key, limit.metric) for key, limits in floors.items() for limit in limits]
        for key, metric in [*named, ("champion.metric", self.champion.metric)]:
            if metric not in metrics:
                raise ValueError(f"{key} names {metric}; for problem: {problem} choose one of {', '.join(metrics)}")
        for limit in self.fairness.limits:
            if limit.rate not in rates:
                raise ValueError(
                    f"fairness.limits names {limit.rate}; for problem: {problem} choose one of {', '.join(rates)}"
                )
        if problem != "binary" and "decision_threshold" in self.gates.model_fields_set:
            raise ValueError(f"gates.decision_threshold is for problem: binary only, found {problem}; remove it")
        if self.champion.metric not in UNBOUNDED and self.champion.maximum_loss > 1:
            raise ValueError(f"champion.maximum_loss is above 1, but {self.champion.metric} is not; correct it")
        if self.champion.metric in UNBOUNDED and "maximum_loss" not in self.champion.model_fields_set:
            raise ValueError(f"champion.maximum_loss is missing; {self.champion.metric} has no usual scale, so name it")
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
        """Names of the features in the order of the contract, which is the column order of the model's input."""
        return tuple(feature.name for feature in self.features)

    @property
    def data_columns(self) -> tuple[str, ...]:
        """Names of the columns that files have beside id, time and label: features, and columns of fairness."""
        return (*self.feature_names, *(column.name for column in self.fairness.columns))

    @property
    def live_groups(self) -> "Contract":
        """The contract with the groups that requests have: those of features."""
        groups = tuple(name for name in self.fairness.groups if name in self.feature_names)
        return self.model_copy(update={"fairness": self.fairness.model_copy(update={"groups": groups, "columns": ()})})

    @property
    def outcome_categories(self) -> tuple[str, ...]:
        """Categories of the label in the order of the contract; empty unless the problem is multiclass."""
        return self.label.categories if isinstance(self.label, MulticlassLabel) else ()

    @property
    def sensitive_names(self) -> frozenset[str]:
        """Names of the columns whose values must not appear in a log, a report, an issue or an error message."""
        return frozenset(one.name for one in (*self.features, *self.fairness.columns) if one.sensitive)

    @property
    def category_names(self) -> dict[str, tuple[str, ...]]:
        """Categories of each category feature, by feature name."""
        return {feature.name: feature.categories for feature in self.features if isinstance(feature, CategoryFeature)}

    def feature(self, name: str) -> Feature:
        """Return the feature with a name.

        Raises:
            KeyError: if the contract has no feature of that name.
        """
        return {feature.name: feature for feature in self.features}[name]

    def column(self, name: str) -> Feature:
        """Return the feature, or the column of fairness, with a name.

        Raises:
            KeyError: if the contract has neither.
        """
        return {one.name: one for one in (*self.features, *self.fairness.columns)}[name]


def load_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Load and validate a contract file.

    Raises:
        ContractError: if the file is missing or invalid. The message has one line for each error: file, line, key
            path, what was expected and what was found.
    """
    source = read_yaml(path, ContractError)
    return validate_contract(source)


def validate_contract(source: YamlFile) -> Contract:
    """Validate the content of a YAML file as a contract.

    Raises:
        ContractError: if the content is invalid, with one line for each error.
    """
    try:
        return Contract.model_validate(source.content)
    except ValidationError as error:
        raise ContractError(describe_faults(source, error)) from None


def contract_sha256(path: Path = CONTRACT_FILE) -> str:
    """Return the SHA-256 hash of the contract file, which is recorded with every trained model."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
