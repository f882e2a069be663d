"""Features whose groups a draft compares, and how many rows of a hold-out their groups need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.drafting import limits
from sagemaker_mlops.delivery.drafting.features import is_protected
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.runtime.problem import problem_of

MOST_GROUPS = 20


@dataclass(frozen=True)
class Groups:
    """Features to compare, the settings of the contract for them, and those that have too few rows."""

    names: tuple[str, ...]
    settings: dict[str, int]
    too_small: tuple[str, ...]


def choose_groups(
    features: Sequence[dict[str, Any]], wanted: Sequence[str], table: pl.DataFrame, contract: Contract, rows: int
) -> Groups:
    """Return the features that were named, or those that look like protected characteristics and have enough rows.

    Args:
        features: features of the contract.
        wanted: names that somebody gave.
        table: sample of the rows, typed.
        contract: contract with the label.
        rows: rows of all files.

    Raises:
        DeliveryError: a name is no feature with categories.
    """
    possible = [feature["name"] for feature in features if feature["type"] in ("category", "boolean")]
    for name in wanted:
        if name not in possible:
            raise DeliveryError(
                f"expected a category or a boolean for --group, found {name}. There are: {', '.join(possible) or '-'}"
            )
    few = {feature["name"] for feature in features if len(feature.get("categories", ())) <= MOST_GROUPS}
    candidates = list(wanted) or [name for name in possible if name in few and is_protected(name)]
    found = {name: limits.judgeable(*_counts(table, name, contract), rows, table.height) for name in candidates}
    enough = {name: settings for name, settings in found.items() if settings is not None}
    names = candidates if wanted else list(enough)
    lowest = {key: min(one[key] for one in enough.values()) for key in next(iter(enough.values()), {})}
    usual = {"minimum_rows": limits.USUAL_GROUP_ROWS, "minimum_positives": limits.USUAL_GROUP_POSITIVES}
    return Groups(
        tuple(names), {} if lowest == usual else lowest, tuple(name for name in candidates if name not in enough)
    )


def _counts(table: pl.DataFrame, name: str, contract: Contract) -> tuple[list[int], list[int]]:
    """Return the rows of each group, and how many have the rarer outcome; all rows unless there are two outcomes."""
    labels = problem_of(contract).labels(table[contract.label.name])
    groups = table[name].cast(pl.String).fill_null("missing").to_numpy()
    rows, rarer = [], []
    for value in np.unique(groups):
        of_group = labels[groups == value]
        rows.append(len(of_group))
        positives = int(of_group.sum()) if contract.label.problem == "binary" else len(of_group)
        rarer.append(min(positives, len(of_group) - positives) if contract.label.problem == "binary" else positives)
    return rows, rarer
