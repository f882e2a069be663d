"""Encoding of tables as matrices. It is saved with the model, so that serving uses the same one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class FeatureEncoding:
    """Column order of the matrix, and the categories of each category column.

    The code of a category is its position.
    """

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @property
    def category_positions(self) -> list[int]:
        """Positions of the category columns in the matrix."""
        return [position for position, name in enumerate(self.names) if name in self.categories]

    @cached_property
    def codes(self) -> dict[str, dict[str | None, float]]:
        """Code of each category, by column."""
        return {
            name: {category: float(code) for code, category in enumerate(categories)}
            for name, categories in self.categories.items()
        }


def encode(table: pl.DataFrame, encoding: FeatureEncoding) -> Matrix:
    """Return a rows x features matrix. A missing value or an unknown category becomes NaN."""
    return table.select(_encode_column(name, encoding) for name in encoding.names).to_numpy()


def _encode_column(name: str, encoding: FeatureEncoding) -> pl.Expr:
    column = pl.col(name)
    if name in encoding.categories:
        names = encoding.categories[name]
        codes = pl.Series(range(len(names)), dtype=pl.Float64)
        column = column.replace_strict(pl.Series(names), codes, default=None, return_dtype=pl.Float64)
    return column.cast(pl.Float64).fill_null(float("nan")).alias(name)


def encode_columns(columns: Mapping[str, Sequence[Any]], encoding: FeatureEncoding) -> Matrix:
    """Encode plain lists with the same result as `encode` for a table.

    The server uses this function, because it is ten times as fast for a few rows.
    """
    encoded = [
        [codes.get(value, math.nan) for value in columns[name]]
        if (codes := encoding.codes.get(name))
        else columns[name]
        for name in encoding.names
    ]
    return np.array(encoded, dtype=np.float64).T
