"""The command `localcloud snapshot`: save and restore the whole state."""

import argparse
import time
from typing import Any

from localcloud.instance import Instance
from localcloud.snapshots import BEFORE_LOAD, Snapshot, Snapshots

MEGABYTE = 1_000_000


def add_snapshot_parser(commands: Any) -> None:
    """Add `snapshot` to the subcommands of `localcloud`."""
    parser = commands.add_parser("snapshot", help="save the whole state under a name, and go back to it")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    save = actions.add_parser("save", help="save the present state")
    save.add_argument("name")
    save.add_argument("--replace", action="store_true", help="replace a snapshot of that name")
    load = actions.add_parser("load", help=f"go back to a snapshot; the present state is kept as {BEFORE_LOAD}")
    load.add_argument("name")
    remove = actions.add_parser("remove", help="remove a snapshot")
    remove.add_argument("name")
    actions.add_parser("list", help="list the snapshots")


def snapshot(arguments: argparse.Namespace, instance: Instance) -> int:
    """Run an action of the command and return the exit code."""
    snapshots = Snapshots(instance)
    start = time.monotonic()
    if arguments.action == "list":
        _list(snapshots.all())
    elif arguments.action == "save":
        saved = snapshots.save(arguments.name, replace=arguments.replace)
        print(f"saved: {_line(saved)} ({time.monotonic() - start:.1f} s)")
    elif arguments.action == "load":
        print(f"loaded: {_line(snapshots.load(arguments.name))} ({time.monotonic() - start:.1f} s)")
        if arguments.name != BEFORE_LOAD:
            print(f"the state until now is the snapshot {BEFORE_LOAD}")
    else:
        print(f"removed: {snapshots.remove(arguments.name).name}")
    return 0


def _list(found: list[Snapshot]) -> None:
    for one in found:
        print(_line(one))
    if not found:
        print("there are no snapshots; save one with: localcloud snapshot save NAME")


def _line(one: Snapshot) -> str:
    return f"{one.name}, {one.saved}, {one.size_bytes / MEGABYTE:.1f} MB"
