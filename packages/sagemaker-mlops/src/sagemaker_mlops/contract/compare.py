"""Differences of two contracts, and whom each of them breaks.

Clients are broken by what makes the server refuse a request that it accepted, or answer it in another form: a record
must have every field of the contract and no other one (`runtime.record_rules`). Data are broken by what makes files
that were accepted be refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import CategoryFeature, Feature, NumericFeature
from sagemaker_mlops.contract.limits import LOWER_IS_BETTER, MetricLimit

Affected = Literal["clients", "data"]


@dataclass(frozen=True)
class Change:
    """One difference: what it is about, what changed, and whom it breaks."""

    about: str
    text: str
    breaks: tuple[Affected, ...] = ()

    def __str__(self) -> str:
        whom = f" [breaks {' and '.join(self.breaks)}]" if self.breaks else ""
        return f"{self.about}: {self.text}{whom}"


def compare_contracts(before: Contract, after: Contract) -> list[Change]:
    """Return the differences of two contracts, those that break somebody first.

    Args:
        before: contract of what serves, or of the data so far.
        after: contract that would follow.
    """
    changes = [
        *_features(before, after),
        *_group_columns(before, after),
        *_label(before, after),
        *_floors("gates.registration", before.gates.registration, after.gates.registration),
        *_floors("gates.live", before.gates.live, after.gates.live),
        *_settings(before, after),
    ]
    return sorted(changes, key=lambda change: not change.breaks)


def _features(before: Contract, after: Contract) -> Iterator[Change]:
    old, new = ({feature.name: feature for feature in contract.features} for contract in (before, after))
    for name in sorted(new.keys() - old.keys()):
        yield Change(name, "added; requests that lack it are refused, and files without it", ("clients", "data"))
    for name in sorted(old.keys() - new.keys()):
        yield Change(name, "removed; requests that still have it are refused", ("clients",))
    for name in sorted(old.keys() & new.keys()):
        yield from _feature(old[name], new[name])


def _feature(old: Feature, new: Feature) -> Iterator[Change]:
    if old.type != new.type:
        widens = (old.type, new.type) == ("integer", "number")
        yield Change(new.name, f"type {old.type} becomes {new.type}", () if widens else ("clients", "data"))
        if not widens:
            return
    if isinstance(old, NumericFeature) and isinstance(new, NumericFeature):
        yield from _range(old, new)
    if isinstance(old, CategoryFeature) and isinstance(new, CategoryFeature):
        yield from _categories(old, new)
    if old.nullable and not new.nullable:
        yield Change(new.name, "a missing value is refused from now on", ("clients", "data"))
    if new.nullable and not old.nullable:
        yield Change(new.name, "a value may be missing from now on")
    if new.maximum_null_fraction < old.maximum_null_fraction and new.nullable:
        yield Change(new.name, f"at most {new.maximum_null_fraction:.0%} may be missing in a file", ("data",))


def _range(old: NumericFeature, new: NumericFeature) -> Iterator[Change]:
    infinity = float("inf")
    low = (-infinity if old.minimum is None else old.minimum, -infinity if new.minimum is None else new.minimum)
    high = (infinity if old.maximum is None else old.maximum, infinity if new.maximum is None else new.maximum)
    for word, first, second, is_narrower in (
        ("minimum", *low, low[1] > low[0]),
        ("maximum", *high, high[1] < high[0]),
    ):
        if first != second:
            yield Change(new.name, f"{word} {first:g} becomes {second:g}", ("clients", "data") if is_narrower else ())


def _categories(old: CategoryFeature, new: CategoryFeature) -> Iterator[Change]:
    gone, more = set(old.categories) - set(new.categories), set(new.categories) - set(old.categories)
    if gone:
        yield Change(new.name, f"{len(gone)} categories removed", ("clients", "data"))
    if more:
        yield Change(new.name, f"{len(more)} categories added; a model that was trained before does not know them")


def _group_columns(before: Contract, after: Contract) -> Iterator[Change]:
    """Yield changes of columns that files have and requests do not: they break nobody but who writes the files."""
    old, new = ({column.name: column for column in contract.fairness.columns} for contract in (before, after))
    for name in sorted(new.keys() - old.keys()):
        if name not in before.feature_names:
            yield Change(name, "added for fairness; files without it are refused", ("data",))
    for name in sorted(old.keys() & new.keys()):
        for change in _feature(old[name], new[name]):
            yield Change(change.about, change.text, ("data",) if change.breaks else ())


def _label(before: Contract, after: Contract) -> Iterator[Change]:
    old, new = before.label, after.label
    if old.problem != new.problem:
        text = f"problem {old.problem} becomes {new.problem}; answers have another form"
        yield Change("label", text, ("clients", "data"))
    elif before.outcome_categories != after.outcome_categories:
        yield Change("label", "its categories differ; answers have other ones", ("clients", "data"))
    if old.name != new.name:
        yield Change("label", f"{old.name} becomes {new.name}", ("data",))
    for role in ("record_id", "event_time"):
        first, second = getattr(before.dataset, role), getattr(after.dataset, role)
        if first != second:
            yield Change(f"dataset.{role}", f"{first} becomes {second}", ("data",))


def _floors(key: str, before: tuple[MetricLimit, ...], after: tuple[MetricLimit, ...]) -> Iterator[Change]:
    old, new = ({limit.metric: limit for limit in limits} for limits in (before, after))
    for metric in sorted(old.keys() - new.keys()):
        yield Change(key, f"{metric} {old[metric].bound}: no longer promised")
    for metric in sorted(new.keys() - old.keys()):
        yield Change(key, f"{metric} {new[metric].bound}: promised from now on")
    for metric in sorted(old.keys() & new.keys()):
        if old[metric].bound != new[metric].bound:
            first, second = (limit.minimum or limit.maximum or 0.0 for limit in (old[metric], new[metric]))
            is_stricter = (second < first) == (metric in LOWER_IS_BETTER)
            word = "stricter" if is_stricter else "looser"
            yield Change(key, f"{metric} {old[metric].bound} becomes {new[metric].bound}: {word}")


def _settings(before: Contract, after: Contract) -> Iterator[Change]:
    """Yield changes of everything that no request and no file depends on, by section."""
    for section in ("champion", "fairness", "latency", "drift"):
        if getattr(before, section) != getattr(after, section):
            yield Change(section, "changed")
    if before.gates.decision_threshold != after.gates.decision_threshold:
        first, second = before.gates.decision_threshold, after.gates.decision_threshold
        yield Change("gates.decision_threshold", f"{first:g} becomes {second:g}: other decisions for the same scores")
