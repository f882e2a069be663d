"""Candidates for the record id, the event time and the label of a contract."""

import re

from sagemaker_mlops.contract.values import BOOLEAN_TEXTS
from sagemaker_mlops.delivery.drafting.column_profile import ColumnProfile, DataProfile
from sagemaker_mlops.delivery.errors import DeliveryError

ID_NAME = re.compile(r"(^|_)(id|key|uuid|number|no)$", re.I)
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
    """Return the columns that are true or false in every row, the last one first: outcomes often come last."""
    return [name for name, column in reversed(profile.columns.items()) if _is_label(column)]


def check_label(column: ColumnProfile) -> None:
    """Raise DeliveryError unless a column is true or false in every row, and is both."""
    if column.missing:
        raise DeliveryError(
            f"{column.name}: expected a label in every row, found {column.missing:,} without; leave those rows out, "
            "their outcome is not known yet"
        )
    if not _is_label(column):
        found = "over 1,000" if column.values is None else f"{len(column.values)}"
        raise DeliveryError(
            f"{column.name}: expected a label of {', '.join(BOOLEAN_TEXTS)}, found {found} different values. Only "
            "labels with two outcomes are supported; write the one to be predicted as true, the other as false"
        )


def _is_label(column: ColumnProfile) -> bool:
    if column.booleans != column.rows or column.values is None:
        return False
    return {BOOLEAN_TEXTS[value.lower()] for value in column.values} == {True, False}
