"""Draft of a contract from data files, question by question."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import check_table
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.delivery.drafting import limits
from sagemaker_mlops.delivery.drafting.column_profile import DataProfile, profile_files
from sagemaker_mlops.delivery.drafting.contract_text import contract_text
from sagemaker_mlops.delivery.drafting.features import Proposal, propose
from sagemaker_mlops.delivery.drafting.first_model import FirstModel, first_model, suspects
from sagemaker_mlops.delivery.drafting.groups import choose_groups
from sagemaker_mlops.delivery.drafting.questions import Asker
from sagemaker_mlops.delivery.drafting.roles import (
    event_time_candidates,
    label_candidates,
    label_of,
    record_id_candidates,
)
from sagemaker_mlops.delivery.drafting.text_files import text_batches
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.prepare_files import EVENT_TIME, RECORD_ID, Format, months_until, prepare
from sagemaker_mlops.runtime.model_interface import ModelPackage

KEEP, LEAVE_OUT = "keep", "leave out"
ADD, STOP = "add", "stop"
PREPARED = Path("build/prepared")


@dataclass(frozen=True)
class Choices:
    """What is known before the first question; an empty name is asked for."""

    label: str = ""
    problem: ProblemType | None = None
    positive: str = ""
    record_id: str = ""
    event_time: str = ""
    groups: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identity:
    """Name and owner of the contract."""

    name: str
    owner: str


@dataclass(frozen=True)
class Draft:
    """A drafted contract, and what should be looked at before it is used."""

    contract: Contract
    text: str
    rows: int
    proposals: tuple[Proposal, ...]
    sample: pl.DataFrame
    model: FirstModel | None
    suspicious: dict[str, float]
    files: tuple[Path, ...]

    @property
    def left_out(self) -> dict[str, str]:
        """The columns that are no feature, with the reason."""
        return {one.name: one.notes[0] for one in self.proposals if one.feature is None}

    @property
    def measured(self) -> list[str]:
        """What the first model reached, in lines."""
        return limits.describe(self.model)

    @property
    def seen(self) -> dict[str, str]:
        """What the files have, by column."""
        return {one.name: one.seen for one in self.proposals}

    @property
    def notes(self) -> dict[str, tuple[str, ...]]:
        """What somebody has to decide, by feature."""
        return {one.name: one.notes for one in self.proposals if one.feature is not None and one.notes}


@dataclass(frozen=True)
class Drafter:
    """Drafts a contract.

    Args:
        paths: CSV or Parquet files with the same columns.
        identity: name and owner of the contract.
        asker: answers the questions.
        package: the project's package `model`, with which a first model is trained.
        tell: called with a line of progress.
        output: folder for files that get an id or a time.
    """

    paths: Sequence[Path]
    identity: Identity
    asker: Asker
    package: ModelPackage
    tell: Callable[[str], None]
    output: Path = PREPARED

    def draft(self, choices: Choices) -> Draft:
        """Draft the contract; `choices` has the roles of columns that need no question.

        Raises:
            DeliveryError: the files cannot be read, or have no column for a role.
        """
        paths, profile = self.paths, self._profile(self.paths)
        _refuse_unknown(profile, choices)
        name = choices.label or self.asker.choose("Which column is the label?", label_candidates(profile), "--label")
        lacking = _lacking(profile, replace(choices, label=name))
        if lacking and self.asker.choose(f"There is no {' and no '.join(lacking)}: add it?", (ADD, STOP), "") == ADD:
            paths = self._prepared(profile, choices, lacking)
            profile = self._profile(paths)
        label = label_of(profile.columns[name], choices.problem, self.asker, choices.positive)
        chosen = _roles(profile, replace(choices, label=name), self.asker)
        proposals = _proposals(profile, chosen)
        days = self.asker.number(f"How many days after a prediction is {chosen.label} known?", 0)
        label["arrives_after_days"] = days
        content = _content(self.identity, chosen, label, proposals, profile.rows)
        before = Contract.model_validate(content)
        table = check_table(profile.sample, before).table
        found = suspects(table, before)
        proposals = [_judged(one, found, self.asker) for one in proposals]
        _refuse_no_feature(proposals)
        content["features"] = [one for one in _features(proposals) if one["name"] not in chosen.unseen]
        content["fairness"] |= {"groups": list(chosen.unseen), "columns": _columns(proposals, chosen.unseen)}
        model = self._complete(content, chosen, table, paths, profile.rows)
        contract = Contract.model_validate(content)
        return Draft(
            contract, contract_text(content), profile.rows, tuple(proposals), table, model, found, tuple(paths)
        )

    def _profile(self, paths: Sequence[Path]) -> DataProfile:
        self.tell(f"reading {len(paths)} file{'s' if len(paths) > 1 else ''}")
        profile = profile_files(paths)
        self.tell(f"  {profile.rows:,} rows, {len(profile.columns)} columns")
        return profile

    def _prepared(self, profile: DataProfile, choices: Choices, lacking: Sequence[str]) -> Sequence[Path]:
        """Write the files with an id and a time in each row, and return the new ones."""
        first = {
            RECORD_ID: choices.record_id or next(iter(record_id_candidates(profile)), ""),
            EVENT_TIME: choices.event_time or next(iter(event_time_candidates(profile)), ""),
        }
        known = {name: "" if name in lacking else column for name, column in first.items()}
        given = Format(record_id=known[RECORD_ID], event_time=known[EVENT_TIME])
        written = prepare(self.paths, self.output, given, months_until(datetime.now(UTC).date())).files
        self.tell(f"wrote {len(written)} files to {self.output} with {' and '.join(lacking)}")
        return written

    def _complete(
        self, content: dict[str, Any], chosen: Choices, table: pl.DataFrame, paths: Sequence[Path], rows: int
    ) -> FirstModel | None:
        """Fill in what follows from the features: duplicates, groups, floors. Returns the model that they are from."""
        compared = [chosen.label, *(feature["name"] for feature in content["features"])]
        shares = _duplicate_shares(paths, compared)
        content["dataset"]["maximum_duplicate_fraction"] = limits.duplicate_fraction(shares)
        problem = content["label"]["problem"]
        before = Contract.model_validate(content)
        columns = content["fairness"]["columns"]
        named = (*chosen.groups, *(column["name"] for column in columns))
        groups = choose_groups([*content["features"], *columns], named, table, before, rows)
        if groups.too_small:
            self.tell(f"  groups of {', '.join(groups.too_small)} have too few rows for a comparison on the hold-out")
        no_limits = limits.fairness_limits(problem, None) if groups.names else []
        content["fairness"] = {"groups": list(groups.names), **groups.settings, "limits": no_limits}
        if columns:
            content["fairness"]["columns"] = columns
        self.tell(f"training a first model on {table.height:,} rows")
        model = first_model(self.package, table, Contract.model_validate(content), rows)
        content["gates"] = _threshold(problem) | limits.gates(problem, model)
        content["champion"] = limits.champion(problem, model)
        if groups.names:
            content["fairness"]["limits"] = limits.fairness_limits(problem, model)
        return model


def _refuse_unknown(profile: DataProfile, choices: Choices) -> None:
    for name in (choices.label, choices.record_id, choices.event_time, *choices.groups, *choices.unseen):
        if name and name not in profile.columns:
            raise DeliveryError(f"expected one of the columns {', '.join(profile.columns)}; found {name}")


def _lacking(profile: DataProfile, choices: Choices) -> list[str]:
    """Return which of id and time neither was named nor is in the files."""
    ids = [name for name in record_id_candidates(profile) if name != choices.label]
    missing = {
        RECORD_ID: not choices.record_id and not ids,
        EVENT_TIME: not choices.event_time and not event_time_candidates(profile),
    }
    return [name for name, is_missing in missing.items() if is_missing]


def _roles(profile: DataProfile, choices: Choices, asker: Asker) -> Choices:
    label = choices.label
    ids = [name for name in record_id_candidates(profile) if name != label]
    record_id = choices.record_id or asker.choose("Which column identifies a row?", ids, "--record-id")
    if not profile.columns[record_id].is_unique:
        raise DeliveryError(
            f"{record_id}: expected a text or a whole number in every row, and each of them once; "
            "mlops data prepare FILES adds such a column"
        )
    times = event_time_candidates(profile)
    event_time = choices.event_time or asker.choose("Which column says when it happened?", times, "--event-time")
    if profile.columns[event_time].times != profile.rows:
        raise DeliveryError(
            f"{event_time}: expected an ISO 8601 time in every row, such as 2025-07-31T12:00:00Z; "
            "mlops data prepare FILES --time-format converts other formats"
        )
    if len({label, record_id, event_time}) < 3:
        raise DeliveryError(f"expected three columns for label, id and time, found {label}, {record_id}, {event_time}")
    return replace(choices, record_id=record_id, event_time=event_time)


def _proposals(profile: DataProfile, chosen: Choices) -> list[Proposal]:
    roles = (chosen.label, chosen.record_id, chosen.event_time)
    proposals = [propose(column) for name, column in profile.columns.items() if name not in roles]
    _refuse_no_feature(proposals)
    return proposals


def _refuse_no_feature(proposals: Iterable[Proposal]) -> None:
    if all(one.feature is None for one in proposals):
        reasons = "\n".join(f"  {one.name}: {one.notes[0]}" for one in proposals)
        raise DeliveryError(f"expected a column that can be a feature, found none:\n{reasons}")


def _features(proposals: Iterable[Proposal]) -> list[dict[str, Any]]:
    return [one.feature for one in proposals if one.feature is not None]


def _columns(proposals: Iterable[Proposal], unseen: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns whose groups are compared and that are no features."""
    chosen = [one for one in proposals if one.name in unseen]
    for one in chosen:
        if one.feature is None or one.feature["type"] not in ("category", "boolean"):
            raise DeliveryError(f"expected a category or a boolean for --unseen-group, found {one.name}")
    return [one.feature for one in chosen if one.feature is not None]


def _judged(proposal: Proposal, found: dict[str, float], asker: Asker) -> Proposal:
    if proposal.name not in found:
        return proposal
    alone = f"alone predicts the label ({found[proposal.name]:.3f} of 1)"
    question = f"{proposal.name} {alone}: keep it or leave it out?"
    reason = f"it {alone}: is it known before the outcome?"
    if asker.choose(question, (LEAVE_OUT, KEEP), "") == LEAVE_OUT:
        return Proposal(proposal.name, None, (reason,))
    return replace(proposal, notes=(reason, *proposal.notes))


def _content(
    identity: Identity, chosen: Choices, label: dict[str, Any], proposals: Sequence[Proposal], rows: int
) -> dict[str, Any]:
    problem: ProblemType = label["problem"]
    return {
        "version": 1,
        "name": identity.name,
        "owner": identity.owner,
        "dataset": {
            "record_id": chosen.record_id,
            "event_time": chosen.event_time,
            "holdout_fraction": 0.2,
            "minimum_rows": limits.minimum_rows(rows),
            "maximum_duplicate_fraction": 0.0,  # measured once the features are known
            "maximum_shift": 0.5,
        },
        "label": label,
        "features": _features(proposals),
        "gates": _threshold(problem) | limits.gates(problem, None),
        "champion": limits.champion(problem, None),
        "fairness": {"groups": [], "limits": []},
        "latency": {"p99_milliseconds": 50},
        "drift": {"minimum_effect": 0.15, "significance": 0.01},
    }


def _threshold(problem: ProblemType) -> dict[str, Any]:
    return {"decision_threshold": 0.5} if problem == "binary" else {}


def _duplicate_shares(paths: Sequence[Path], names: Sequence[str]) -> Iterable[float]:
    """Yield the share of repeated rows of each file, and of all together.

    The files are read again for it, because which columns are compared follows from the first reading.
    """
    everything: list[pl.Series] = []
    for path in paths:
        hashes = pl.concat([batch.select(names).hash_rows(seed=1) for batch in text_batches(path)])
        everything.append(hashes)
        yield 1 - hashes.n_unique() / len(hashes)
    together = pl.concat(everything)
    yield 1 - together.n_unique() / len(together)
