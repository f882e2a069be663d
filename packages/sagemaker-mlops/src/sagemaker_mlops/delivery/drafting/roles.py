"""Candidates for the record id, the event time and the label of a contract."""

import re
import shlex
from typing import Any, get_args

from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.values import BOOLEAN_TEXTS
from sagemaker_mlops.delivery.drafting.column_profile import ColumnProfile, DataProfile
from sagemaker_mlops.delivery.drafting.features import RARE_ROWS, value_range
from sagemaker_mlops.delivery.drafting.questions import Asker
from sagemaker_mlops.delivery.errors import DeliveryError

ID_NAME = re.compile(r"(^|_)(id|key|uuid|number|no)$", re.I)
# Categories of a label; whole numbers with so few values are probably codes.
MOST_OUTCOMES, FEW_CODES = 100, 10
TIME_NAME = re.compile(r"time|date|_at$|^at$", re.I)


def record_id_candidates(profile: DataProfile) -> list[str]:
    """Return the columns whose value identifies a row, those that are named like an id first."""
    unique = [name for name, column in profile.columns.items() if column.is_unique and not column.times]
    return sorted(unique, key=lambda name: ID_NAME.search(name) is None)


def event_time_candidates(profile: DataProfile) -> list[str]:
    """Return the columns with a time in every row, those that are named like one first."""
    times = [name for name, column in profile.columns.items() if column.times == column.rows]
    return sorted(times, key=lambda name: TIME_NAME.search(name) is None)


def label_candidates(profile: DataProfile) -> list[str]:
    """Return the columns that can be a label, the likeliest first.

    These are columns with two outcomes, then with a few, then numbers; of each kind the last one first.
    """
    problems: dict[str, ProblemType | None] = {
        name: None if column.missing else problem_of_column(column)
        for name, column in reversed(profile.columns.items())
        if not column.is_unique and not column.times
    }
    order: tuple[ProblemType, ...] = get_args(ProblemType)
    return [name for wanted in order for name, problem in problems.items() if problem == wanted]


def problem_of_column(column: ColumnProfile) -> ProblemType | None:
    """Return the problem that a label of these values suggests, or None if it cannot be a label."""
    distinct = column.distinct
    if distinct == 2 or _is_boolean(column):
        return "binary"
    if distinct is not None and distinct < 2:
        return None
    if column.numbers == column.present and not column.leading_zeros:
        is_code = column.whole_numbers == column.numbers and distinct is not None and distinct <= FEW_CODES
        return "multiclass" if is_code else "regression"
    return "multiclass" if distinct is not None and distinct <= MOST_OUTCOMES else None


def label_of(column: ColumnProfile, problem: ProblemType | None, asker: Asker, positive: str) -> dict[str, Any]:
    """Return the keys of the contract's label for a column, without its delay.

    Args:
        column: profile of the label's column.
        problem: type of the problem; None if the values shall decide.
        asker: answers which outcome is the positive one.
        positive: that outcome, if it is known.

    Raises:
        DeliveryError: the column has rows without a value, or values that do not fit the problem.
    """
    if column.missing:
        raise DeliveryError(
            f"{column.name}: expected a label in every row, found {column.missing:,} without. Leave those rows out, "
            f"their outcome is not known yet: mlops data prepare FILES --drop-missing {shlex.quote(column.name)}"
        )
    chosen = problem or problem_of_column(column)
    if chosen is None:
        found = "over 1,000" if column.values is None else f"{len(column.values)}"
        raise DeliveryError(
            f"{column.name}: expected two outcomes, at most {MOST_OUTCOMES} categories, or numbers; found {found} "
            "different values"
        )
    makers = {"binary": _binary, "multiclass": _multiclass, "regression": _regression}
    return {"name": column.name, "problem": chosen, **makers[chosen](column, asker, positive)}


def _binary(column: ColumnProfile, asker: Asker, positive: str) -> dict[str, Any]:
    values = column.values or {}
    if _is_boolean(column) and not positive:
        return {}
    if len(values) != 2:
        raise DeliveryError(f"{column.name}: expected two outcomes, found {column.distinct or 'over 1,000'} values")
    rarer_first = sorted(values, key=lambda value: (values[value], value))
    if positive and positive not in values:
        raise DeliveryError(f"--positive: expected {' or '.join(rarer_first)}, found {positive}")
    chosen = positive or asker.choose("Which outcome is the one to predict?", rarer_first, "--positive")
    return {"positive": chosen, "negative": next(value for value in rarer_first if value != chosen)}


def _multiclass(column: ColumnProfile, _asker: Asker, _positive: str) -> dict[str, Any]:
    values = column.values
    if values is None or not 3 <= len(values) <= MOST_OUTCOMES:
        found = "over 1,000" if values is None else str(len(values))
        raise DeliveryError(f"{column.name}: expected 3 to {MOST_OUTCOMES} categories, found {found}")
    rare = [value for value in values if values[value] < RARE_ROWS]
    if rare:
        raise DeliveryError(
            f"{column.name}: expected {RARE_ROWS} or more rows of each category, found fewer of "
            f"{', '.join(sorted(rare)[:5])}; merge rare categories, or name --problem regression"
        )
    return {"categories": sorted(values)}


def _regression(column: ColumnProfile, _asker: Asker, _positive: str) -> dict[str, Any]:
    if column.numbers != column.present:
        raise DeliveryError(
            f"{column.name}: expected a number in every row, found {column.present - column.numbers:,} other values"
        )
    return value_range(column.lowest, column.highest, is_share=column.whole_numbers != column.numbers)


def _is_boolean(column: ColumnProfile) -> bool:
    if column.booleans != column.rows or column.values is None:
        return False
    return {BOOLEAN_TEXTS[value.lower()] for value in column.values} == {True, False}
