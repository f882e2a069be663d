"""Pull request comment that shows the changes in AWS: one comment with one section for each environment."""

import re

from sagemaker_mlops.delivery.github.repository import Repository

MARKER = "<!-- delivery: difference -->"
INTRODUCTION = "What merging this changes in AWS"
LONGEST_SECTION = 15_000  # GitHub accepts 65,536 characters for the whole comment
SECTION = re.compile(r"<!-- section: (?P<name>\w+) -->\n(?P<text>.*?)\n<!-- end -->", re.DOTALL)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def put_section(repository: Repository, pull: int, environment: str, difference: str) -> None:
    """Write an environment's section into the comment, and create the comment if there is none."""
    found = next(((identity, text) for identity, text in repository.comments(pull) if MARKER in text), None)
    text = with_section(found[1] if found else "", environment, difference)
    if found is None:
        repository.comment(pull, text)
    else:
        repository.update_comment(found[0], text)


def with_section(comment: str, environment: str, difference: str) -> str:
    """Return the comment with one section added or replaced and the others unchanged."""
    sections = {found["name"]: found["text"] for found in SECTION.finditer(comment)}
    sections[environment] = _section(environment, difference)
    written = [f"<!-- section: {name} -->\n{text}\n<!-- end -->" for name, text in sections.items()]
    return "\n\n".join([f"{MARKER}\n## {INTRODUCTION}", *written]) + "\n"


def _section(environment: str, difference: str) -> str:
    plain = COLOURS.sub("", difference).replace("```", "'''").strip()
    if len(plain) > LONGEST_SECTION:
        plain = (
            plain[:LONGEST_SECTION]
            + f"\n… {len(plain) - LONGEST_SECTION:,} characters more: mlops diff -e {environment}"
        )
    return f"<details><summary>{environment}</summary>\n\n```\n{plain}\n```\n</details>"
