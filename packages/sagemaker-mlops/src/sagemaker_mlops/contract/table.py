"""Terminal tables that show the contract."""

from rich.markup import escape
from rich.table import Table

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import Feature, allowed_values
from sagemaker_mlops.contract.labels import expected_outcomes
from sagemaker_mlops.contract.limits import MetricLimit


def contract_tables(contract: Contract) -> tuple[str, Table, Table]:
    """Return the title of a contract in rich markup, the table of its columns and the table of its limits."""
    title = f"[bold]{escape(contract.name)}[/] promised by {escape(contract.owner)}"
    return title, _columns(contract), _promises(contract)


def _columns(contract: Contract) -> Table:
    table = Table(title="Columns", title_justify="left")
    table.add_column("column", no_wrap=True)
    for heading in ("type", "allowed values", "notes"):
        table.add_column(heading, overflow="fold")
    table.add_row(contract.dataset.record_id, "text", "unique", "record id, not a feature")
    table.add_row(contract.dataset.event_time, "time", "ISO 8601", "event time, not a feature")
    for feature in contract.features:
        table.add_row(feature.name, feature.type, escape(allowed_values(feature)), _notes(feature))
    for column in contract.fairness.columns:
        notes = ", ".join(filter(None, [_notes(column), "compared in fairness, not a feature"]))
        table.add_row(column.name, column.type, escape(allowed_values(column)), notes)
    delay = contract.label.arrives_after_days
    table.add_row(
        contract.label.name,
        contract.label.problem,
        escape(expected_outcomes(contract.label)),
        f"label, known after {delay} days",
    )
    return table


def _notes(feature: Feature) -> str:
    notes = []
    if feature.nullable:
        notes.append(f"may be missing in {feature.maximum_null_fraction:.0%}")
    if feature.sensitive:
        notes.append("sensitive")
    if feature.calendar_bound:
        notes.append("calendar-bound, no drift test")
    return ", ".join(notes)


def show_limit(limit: MetricLimit) -> str:
    """Format a metric limit, such as `roc_auc at least 0.85`."""
    return f"{limit.metric} {limit.bound}"


def _promises(contract: Contract) -> Table:
    table = Table(title="Promises", title_justify="left")
    table.add_column("key")
    table.add_column("promise", overflow="fold")
    dataset, champion, drift = contract.dataset, contract.champion, contract.drift
    rows = {
        "dataset": f"at least {dataset.minimum_rows:,} rows, hold-out {dataset.holdout_fraction:.0%}, "
        f"at most {dataset.maximum_duplicate_fraction:.0%} duplicates",
        "gates.registration": "; ".join(show_limit(limit) for limit in contract.gates.registration),
        "gates.live": "; ".join(show_limit(limit) for limit in contract.gates.live),
        "champion": f"{champion.metric}: {champion.rule.replace('_', ' ')}, loss at most {champion.maximum_loss:g}",
        "fairness": f"groups of {' and '.join(contract.fairness.groups)} differ in "
        + "; ".join(f"{limit.rate} by at most {limit.maximum_difference:g}" for limit in contract.fairness.limits),
        "latency": f"99 of 100 predictions within {contract.latency.p99_milliseconds:g} ms",
        "drift": f"distance above {drift.minimum_effect:g} at significance {drift.significance:g}",
    }
    for key, promise in rows.items():
        table.add_row(key, escape(promise))
    return table
