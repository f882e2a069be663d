"""Terminal table that shows the operations settings."""

from rich.table import Table

from sagemaker_mlops.environments.operations import Operations


def operations_table(operations: Operations) -> Table:
    """Return the operations settings as a terminal table."""
    table = Table(title="Operations", title_justify="left")
    table.add_column("key")
    table.add_column("setting", overflow="fold")
    retraining, rollout, alarms = operations.retraining, operations.rollout, operations.alarms
    months = f"the newest {retraining.window_months}" if retraining.window_months else "all"
    rows = {
        "retraining": f"{retraining.schedule}, at most every {retraining.cooldown_hours} h, "
        f"from {retraining.minimum_new_rows:,} new rows, on {months} months",
        "rollout": f"{rollout.strategy}, {rollout.step_percent} % first, {rollout.bake_minutes} min watched"
        + (", as a shadow first" if rollout.shadow_first else ""),
        "alarms": f"a broken contract in {alarms.windows_to_alarm} of {alarms.windows_observed} windows",
    }
    for key, setting in rows.items():
        table.add_row(key, setting)
    return table
