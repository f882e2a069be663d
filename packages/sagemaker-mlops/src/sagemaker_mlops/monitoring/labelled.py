"""Matching of labels with their predictions, including labels that arrive late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from sagemaker_mlops.contract.labels import Label, expected_outcomes
from sagemaker_mlops.contract.monitors import labels_missing_after
from sagemaker_mlops.monitoring.capture_records import INFERENCE_ID, RECORD, TIME, VERSION
from sagemaker_mlops.monitoring.labels import ARRIVED, LABEL, Labels

# Check at least this many of the newest labels, if there are as many, because one window may have few.
WANTED_ROWS = 1000


@dataclass(frozen=True)
class Labelled:
    """Labelled predictions, newest label last, and counts of missing labels.

    Attributes:
        table: version, time, label, arrival and the requested columns of each labelled prediction.
        new: number of labels that arrived in the window.
        due: number of predictions that are old enough to have a label.
        answered: number of those that have a label.
        waiting_since: time since which no label has arrived for predictions without one; None if all have one.
        unmatched: number of new labels without a captured prediction.
        unreadable: number of labels that cannot be read.
        delay: median time from prediction to label, for new labels.
    """

    table: pl.DataFrame
    new: int
    due: int
    answered: int
    waiting_since: datetime | None
    unmatched: int
    unreadable: int
    delay: timedelta | None

    def waited_hours(self, now: datetime) -> float:
        """Return the hours that predictions have waited for any label, or 0 if none is waiting."""
        return max(0.0, (now - self.waiting_since) / timedelta(hours=1)) if self.waiting_since else 0.0

    def notes(self, now: datetime, label: Label) -> list[str]:
        """Return the notes on the labels for the report.

        Args:
            now: end of the window.
            label: label of the contract, with the time after which labels arrive.
        """
        notes, arrives_after_days = [], label.arrives_after_days
        if self.waiting_since and self.waited_hours(now) > labels_missing_after(arrives_after_days):
            notes.append(f"no labels since {self.waiting_since:%Y-%m-%d %H:%M} UTC, and predictions wait for them")
        elif self.new == 0:
            notes.append("no new labels in this window, so nothing was judged")
        if self.due > self.answered:
            share = self.answered / self.due
            notes.append(
                f"{self.answered:,} of {self.due:,} predictions ({share:.0%}) that are older than {arrives_after_days} "
                "days have a label"
            )
        if self.unmatched:
            notes.append(f"{self.unmatched:,} new labels match no captured prediction")
        if self.unreadable:
            notes.append(f"{self.unreadable:,} labels cannot be read; expected {expected_outcomes(label)}")
        if self.delay is not None:
            notes.append(f"new labels came {_duration(self.delay)} after their predictions (median)")
        return notes


def _duration(delay: timedelta) -> str:
    hours = delay / timedelta(hours=1)
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"


def match_labels(
    pieces: Iterable[pl.DataFrame],
    labels: Labels,
    *,
    start: datetime,
    end: datetime,
    due_before: datetime,
    columns: tuple[str, ...],
) -> Labelled:
    """Join captured predictions with their labels.

    Args:
        pieces: captured rows, from long enough before the window that late labels find their predictions.
        labels: all labels of the same period.
        start: start of the window, included; labels that arrived in the window are new.
        end: end of the window, excluded.
        due_before: time before which predictions should have a label.
        columns: columns of the captured rows to keep, in addition to version, time and label.
    """
    table, known = labels.table, labels.table.select(INFERENCE_ID, RECORD, LABEL, ARRIVED)
    kept, due, answered, first_unanswered = [], 0, 0, None
    wanted = list(dict.fromkeys((VERSION, TIME, *columns)))
    for piece in pieces:
        joined = piece.join(known, on=[INFERENCE_ID, RECORD], how="left")
        is_due = joined.filter(pl.col(TIME) < _naive(due_before))
        due, answered = due + is_due.height, answered + is_due.height - is_due[LABEL].null_count()
        unanswered = joined.filter(pl.col(LABEL).is_null())[TIME].min()
        if isinstance(unanswered, datetime) and (first_unanswered is None or unanswered < first_unanswered):
            first_unanswered = unanswered
        kept.append(joined.filter(pl.col(LABEL).is_not_null()).select(*wanted, LABEL, ARRIVED))
    found = pl.concat(kept).sort(ARRIVED, maintain_order=True) if kept else pl.DataFrame()
    in_window = pl.col(ARRIVED).is_between(_naive(start), _naive(end), closed="left")
    new = found.filter(in_window) if found.height else found
    delay = (new[ARRIVED] - new[TIME]).median() if new.height else None
    newest = table[ARRIVED].max()
    return Labelled(
        table=found.tail(max(new.height, WANTED_ROWS)),
        new=new.height,
        due=due,
        answered=answered,
        waiting_since=_waiting_since(first_unanswered, newest if isinstance(newest, datetime) else None, end),
        unmatched=max(0, table.filter(in_window).height - new.height),
        unreadable=labels.unreadable,
        delay=delay if isinstance(delay, timedelta) else None,
    )


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)


def _waiting_since(first_unanswered: datetime | None, newest_label: datetime | None, end: datetime) -> datetime | None:
    """Return the time since which predictions have waited for any label, or None if none is waiting."""
    if first_unanswered is None:
        return None
    since = max(first_unanswered, newest_label) if newest_label else first_unanswered
    return since.replace(tzinfo=end.tzinfo)
