"""Pages of a project's documentation, as tests follow them."""

import re

from tests.conftest import BakedProject
from tests.laptop.shell import Shell

# `make demo` has a test of its own.
NOT_HERE = ("make demo",)


def blocks(project: BakedProject, page: str) -> list[list[str]]:
    """Return the lines of each code block of a page, without what is not run here."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", project.read(page), re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in found if not language]
    return [[line for line in block.splitlines() if not line.startswith(NOT_HERE)] for block in blocks]


def follow(shell: Shell, lines: list[str]) -> str:
    """Run lines that must succeed; returns what they printed."""
    return "".join(shell.succeed(line) for line in lines)


def without_cloud(variables: dict[str, str]) -> dict[str, str]:
    """Return the variables of a shell without those that `mlops local env` sets."""
    theirs = ("AWS_ENDPOINT_URL", "ENVIRONMENTS_FILE", "LOCALCLOUD_STATE", "AWS_REGION", "AWS_DEFAULT_REGION")
    return {name: value for name, value in variables.items() if name not in theirs}
