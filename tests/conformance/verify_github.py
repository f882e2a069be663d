"""Ask GitHub what the beliefs say, and record the answers: `make verify-github`.

Shows what it will create, asks, makes a throw-away repository in the account of the token, and deletes it again. Names
and numbers of account and repository are not recorded. The token is read from CONFORMANCE_GITHUB_TOKEN: a classic one
with the scopes repo, workflow and delete_repo. Environments and protection need a plan that has them for private
repositories; PUBLIC=1 makes a public one. With REPOSITORY=owner/name that repository is used, and stays.
"""

import argparse
import json
import os
import sys
import urllib.error
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.conformance.beliefs import Belief
from tests.conformance.conftest import DIRECTORY, GITHUB, TOKEN
from tests.conformance.github_target import API, GitHubTarget, new_repository
from tests.conformance.observations import RECORDED
from tests.conformance.target import TAG
from tests.conformance.verified import all_beliefs
from tests.conformance.verify import hold_beliefs


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(words)
    token = os.environ.get(TOKEN, "")
    if not token:
        print(f"expected a token in {TOKEN}, found none\nSee: make verify-github HELP=1", file=sys.stderr)
        return 2
    beliefs = [found for found in all_beliefs(about_github=True) if arguments.only in found.identifier]
    print(announcement(beliefs, arguments.repository, arguments.endpoint, is_public=arguments.public))
    if not arguments.yes and input("Go on? [y/N] ").strip().lower() != "y":
        print("nothing was created")
        return 1
    try:
        target = _target(arguments, token)
    except (AssertionError, urllib.error.URLError) as error:
        print(f"expected a repository, found: {error}\nSee: make verify-github HELP=1", file=sys.stderr)
        return 2
    return _run(arguments, target)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make verify-github", description=__doc__)
    parser.add_argument("--endpoint", default=API, help="address of the API (%(default)s)")
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="use this repository, and keep it")
    parser.add_argument("--public", action="store_true", help="make a public repository")
    parser.add_argument("--only", default="", metavar="TEXT", help="only beliefs whose identifier contains this")
    parser.add_argument("--directory", type=Path, default=RECORDED, help="where the answers are written (%(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def announcement(beliefs: Iterable[Belief], repository: str, where: str, *, is_public: bool) -> str:
    """Return what a run will create, and where."""
    beliefs = list(beliefs)
    kind = "public" if is_public else "private"
    place = f"in {repository}, which stays" if repository else f"in a new {kind} repository {TAG}-<run>, deleted again"
    created = sorted({found.creates for found in beliefs} - {"nothing"})
    lines = [f"{len(beliefs)} beliefs will be held against {where}.", f"Created {place}:"]
    lines += [f"  {what}" for what in created]
    lines.append("Commits on main; branches, an environment and a variable, which are removed at the end.")
    if repository:
        lines.append("Pull requests and issues cannot be deleted: they stay.")
    lines.append("Cost: nothing; no job of a workflow is run.")
    return "\n".join(lines)


def _target(arguments: argparse.Namespace, token: str) -> GitHubTarget:
    if not arguments.repository:
        return new_repository(arguments.endpoint, token, is_public=arguments.public)
    target = GitHubTarget(arguments.endpoint, arguments.repository, token)
    target.head()
    return target


def _run(arguments: argparse.Namespace, target: GitHubTarget) -> int:
    place = {"url": target.url, "full_name": target.full_name, "run": target.run}
    environment = {**os.environ, GITHUB: json.dumps(place), DIRECTORY: str(arguments.directory)}
    code = 1
    try:
        code = hold_beliefs(True, arguments.only, environment)
    finally:
        is_gone = bool(arguments.repository) or _deleted(target)
    print(f"recorded in {arguments.directory}; docs/verified.md: make verified")
    return 1 if code or not is_gone else 0


def _deleted(target: GitHubTarget) -> bool:
    answer = target.ask("DELETE", "")
    if answer.status == 204:
        return True
    print(f"left behind: {target.full_name} ({answer.status} {answer.text}); delete it by hand", file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(main())
