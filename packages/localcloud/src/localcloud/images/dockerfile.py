"""Reader for the parts of a Dockerfile that matter without containers: copied files and start command."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.errors import NotInLocalcloud

# Instructions that change neither the files nor the start command. RUN is not among them: packages that are installed
# on this machine replace it, except for wheels that the image copies.
IGNORED = {"EXPOSE", "LABEL", "HEALTHCHECK", "SHELL", "STOPSIGNAL", "VOLUME", "MAINTAINER"}


@dataclass
class Stage:
    """The last stage of a Dockerfile."""

    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    copies: list[tuple[list[str], str]] = field(default_factory=list)
    wheels: list[tuple[str, str]] = field(default_factory=list)  # folder in the image, name of a distribution
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    user: str = ""


def read_dockerfile(path: Path) -> Stage:
    """Return the last stage of a Dockerfile.

    Raises:
        NotInLocalcloud: for an instruction, or a form of one, that is not supported.
    """
    stage = Stage()
    for line in _instructions(path.read_text(encoding="utf-8")):
        keyword, _, rest = line.partition(" ")
        keyword, rest = keyword.upper(), rest.strip()
        if keyword == "FROM":
            stage = Stage()
        else:
            _apply(stage, keyword, rest)
    return stage


def _instructions(text: str) -> list[str]:
    without_comments = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\s*\n", " ", without_comments)
    return [line.strip() for line in joined.splitlines() if line.strip()]


def _apply(stage: Stage, keyword: str, rest: str) -> None:
    if keyword in IGNORED or keyword == "ARG":
        return
    if keyword == "WORKDIR":
        stage.workdir = rest if rest.startswith("/") else f"{stage.workdir.rstrip('/')}/{rest}"
    elif keyword == "USER":
        stage.user = rest
    elif keyword == "ENV":
        stage.environment |= _environment(rest)
    elif keyword == "COPY":
        _add_copy(stage, rest)
    elif keyword == "RUN":
        _add_wheels(stage, rest)
    elif keyword == "ENTRYPOINT":
        stage.entrypoint = _exec_form(keyword, rest)
    elif keyword == "CMD":
        stage.command = _exec_form(keyword, rest)
    else:
        raise NotInLocalcloud(f"the Dockerfile instruction {keyword}")


def _environment(rest: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(rest) if "=" in word)


def _add_copy(stage: Stage, rest: str) -> None:
    words = shlex.split(rest)
    options = [word for word in words if word.startswith("--")]
    paths = [word for word in words if not word.startswith("--")]
    if any(option.startswith("--from=") for option in options):
        return  # built in an earlier stage; these packages are already installed on this machine
    target = paths[-1] if paths[-1].startswith("/") else f"{stage.workdir.rstrip('/')}/{paths[-1]}"
    stage.copies.append((paths[:-1], target))


def _add_wheels(stage: Stage, rest: str) -> None:
    """Record the wheels that `pip install --find-links FOLDER NAME ...` installs from a folder of the image."""
    words = shlex.split(rest)
    words = words[: words.index("&&")] if "&&" in words else words
    if words[:2] == ["pip", "install"] and "--find-links" in words:
        folder = words.pop(words.index("--find-links") + 1)
        stage.wheels += [(folder.strip("/"), name) for name in words[2:] if not name.startswith("-")]


def _exec_form(keyword: str, rest: str) -> list[str]:
    try:
        words = json.loads(rest)
    except json.JSONDecodeError:
        raise NotInLocalcloud(f'the shell form of {keyword}; write it as ["program", "argument"]') from None
    return [str(word) for word in words]
