"""`python -m sagemaker_mlops.environments`: check environments and operations, and print how the model is operated."""

import sys

from rich.console import Console
from rich.table import Table

from sagemaker_mlops.environments.operations import Operations, load_operations
from sagemaker_mlops.environments.settings import SettingsError, load_settings


def operations_table(operations: Operations) -> Table:
    """Return the operations as a table for people."""
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


def main() -> int:
    """Run the command; returns the exit code."""
    try:
        load_settings()
        Console().print(operations_table(load_operations()))
    except SettingsError as error:
        print(f"The settings cannot be used:\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
