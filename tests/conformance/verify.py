"""Ask real AWS accounts what the beliefs say, and record the answers: `make verify-aws`.

Shows what it will create and what that costs, asks, tags everything, removes everything. Account numbers are not
recorded. Without an account: `make verify-aws ENDPOINT=http://127.0.0.1:4566` tries every line against a localcloud.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.conformance.beliefs import Belief
from tests.conformance.conftest import DIRECTORY, ENDPOINT, PROFILES, REGION
from tests.conformance.fixtures import MADE
from tests.conformance.observations import RECORDED
from tests.conformance.target import TAG, Target, profile_target
from tests.conformance.verified import all_beliefs, modules_of_beliefs

LISTINGS = 8
ENVIRONMENTS = ("dev", "staging", "production")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(words)
    profiles = dict(zip(ENVIRONMENTS, (arguments.dev, arguments.staging, arguments.production), strict=True))
    try:
        target = profile_target(profiles, REGION, arguments.endpoint)
        accounts = target.accounts()
    except (BotoCoreError, ClientError) as error:
        print(f"expected credentials of three accounts, found: {error}\nSee: make verify-aws HELP=1", file=sys.stderr)
        return 2
    beliefs = [found for found in all_beliefs(about_github=False) if arguments.only in found.identifier]
    print(announcement(beliefs, accounts, arguments.endpoint or "AWS"))
    if not arguments.yes and input("Go on? [y/N] ").strip().lower() != "y":
        print("nothing was created")
        return 1
    return _run(arguments, profiles, target)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make verify-aws", description=__doc__)
    for name in ENVIRONMENTS:
        parser.add_argument(f"--{name}", default=f"{TAG}-{name}", help="AWS profile of that account (%(default)s)")
    parser.add_argument("--endpoint", default=None, help="ask this address instead of AWS")
    parser.add_argument("--only", default="", metavar="TEXT", help="only beliefs whose identifier contains this")
    parser.add_argument("--directory", type=Path, default=RECORDED, help="where the answers are written (%(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def announcement(beliefs: Iterable[Belief], accounts: dict[str, str], where: str) -> str:
    """Return what a run will create, where, and what that costs."""
    beliefs = list(beliefs)
    created = sorted({found.creates for found in beliefs} - {"nothing"})
    lines = [f"{len(beliefs)} beliefs will be held against {where}, region {REGION}:"]
    lines += [f"  {name}: account {account}" for name, account in accounts.items()]
    lines += ["Created, tagged and removed again:", f"  {MADE}"]
    lines += [f"  {what}" for what in created]
    lines.append(f"Cost: about {sum(found.usd for found in beliefs):.2f} US dollars.")
    return "\n".join(lines)


def _run(arguments: argparse.Namespace, profiles: dict[str, str], target: Target) -> int:
    environment = {**os.environ, PROFILES: json.dumps(profiles), DIRECTORY: str(arguments.directory)}
    if arguments.endpoint:
        environment[ENDPOINT] = arguments.endpoint
    code = hold_beliefs(False, arguments.only, environment)
    left = _settled(target)
    for arn in left:
        print(f"left behind: {arn}", file=sys.stderr)
    print(f"recorded in {arguments.directory}; docs/verified.md: make verified")
    return 1 if code or left else 0


def _settled(target: Target) -> list[str]:
    """Return what remains once the service that lists tags has noticed what was removed, which takes a while on AWS."""
    for _ in range(LISTINGS):
        left = remaining(target)
        if not left:
            break
        target.settle()
    return left


def hold_beliefs(about_github: bool, only: str, environment: dict[str, str]) -> int:
    """Run the tests of beliefs about GitHub, or of those about AWS; returns pytest's exit code.

    Args:
        about_github: which beliefs.
        only: a part of the identifiers of those that are wanted; all if empty.
        environment: the variables that conftest.py reads.
    """
    modules = map(str, modules_of_beliefs(about_github))
    words = [sys.executable, "-m", "pytest", *modules, "-m", "belief", "-p", "no:xdist", "-q"]
    return subprocess.call([*words, "-k", only.replace("/", " and ")] if only else words, env=environment)


def remaining(target: Target) -> list[str]:
    """Return the ARNs of tagged resources that are still there, in every account."""
    found = []
    for environment in target.sessions:
        client = target.client("resourcegroupstaggingapi", environment)
        for page in client.get_paginator("get_resources").paginate(TagFilters=[{"Key": TAG}]):
            found += [str(entry["ResourceARN"]) for entry in page["ResourceTagMappingList"]]
    return found


if __name__ == "__main__":
    sys.exit(main())
