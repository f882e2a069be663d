"""The command line: help, errors, JSON, and the commands that the pages name."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.loop import run_demo
from sagemaker_mlops.command_line import output, register
from sagemaker_mlops.command_line.installation import outdated_parts
from sagemaker_mlops.command_line.main import HIDDEN, MODULES, application, main
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.project import ROOT
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

PAGES = ("README.md", "FIRST-CONTACT.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


@pytest.fixture(autouse=True)
def text_again() -> Iterator[None]:
    """Leave the JSON mode, which is the process's."""
    yield
    output.JsonMode.is_on = False
    output.console.stderr = False


def leaves() -> dict[tuple[str, ...], Any]:
    """Return every command by its words."""
    root: Any = get_command(application)
    found: dict[tuple[str, ...], Any] = {}
    for name in MODULES:
        loaded = root.get_command(None, name)
        if isinstance(loaded, TyperGroup):
            found |= {(name, sub): command for sub, command in loaded.commands.items()}
        else:
            found[name,] = loaded
    return found


GROUPS = {words[0] for words in leaves() if len(words) > 1}


@pytest.mark.parametrize("words", leaves(), ids=" ".join)
def test_every_command_explains_itself_and_has_the_shared_options(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(application, [*words, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "--json" in result.output
    assert "--profile" in result.output


def test_the_first_help_screen_leaves_out_what_only_workflows_call() -> None:
    printed = CliRunner().invoke(application, ["--help"], env={"COLUMNS": "200"}).output
    shown = {name for name in MODULES if re.search(rf"│ {name} ", printed)}
    assert shown == set(MODULES) - set(HIDDEN)


def test_an_error_is_one_message_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mlops", "train", "start", "--window", "soon", "--environment", "dev"])
    assert main() == 1
    errors = capsys.readouterr().err
    assert "error: expected a window of months" in errors
    assert "Traceback" not in errors


def test_an_error_is_a_json_document_if_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mlops", "versions", "-e", "prod", "--json"])
    assert main() == 1
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1
    assert "expected one of dev, staging, production, found prod" in document["error"]


def test_json_is_the_only_thing_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mlops", "contract", "check", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["operations"]["rollout"]["strategy"] == "canary"
    assert "Promises" in printed.err


def test_the_environment_may_be_a_variable() -> None:
    result = CliRunner().invoke(application, ["versions"], env={"MLOPS_ENVIRONMENT": "prod"})
    assert isinstance(result.exception, DeliveryError)
    assert "expected one of dev, staging, production, found prod" in str(result.exception)


def test_a_profile_is_the_shells_for_this_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "before")
    CliRunner().invoke(application, ["contract", "check", "--profile", "shop-dev"])
    assert os.environ["AWS_PROFILE"] == "shop-dev"


def test_a_command_works_in_every_folder_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "contract")
    result = CliRunner().invoke(application, ["contract", "check", "--file", "contract.yaml"])
    assert result.exit_code == 0, result.output
    assert Path.cwd() == ROOT


def test_outside_a_project_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(register, "ROOT", tmp_path)
    result = CliRunner().invoke(application, ["versions"])
    assert isinstance(result.exception, DeliveryError)
    assert "Change to the folder of your project" in str(result.exception)


@pytest.mark.parametrize(
    ("source", "installed", "warning"),
    [
        ("packages/sagemaker-mlops/src/a.py", ".venv/.ready", "older than packages/sagemaker-mlops; run: make setup"),
        ("requirements/dev.txt", ".venv/.packages", "older than requirements/dev.txt; run: make setup"),
        (
            "packages/localcloud/src/a.py",
            "packages/localcloud/.venv/.ready",
            "older than packages/localcloud; run: make setup",
        ),
    ],
)
def test_an_outdated_installation_is_reported(tmp_path: Path, source: str, installed: str, warning: str) -> None:
    for seconds, name in enumerate((source, installed)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1000 + seconds, 1000 + seconds))
    assert list(outdated_parts(tmp_path)) == []
    os.utime(tmp_path / source, (2000, 2000))
    assert [text.endswith(warning) for text in outdated_parts(tmp_path)] == [True]


def test_the_demo_refuses_to_run_against_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(DeliveryError, match="on the laptop only"):
        run_demo()


def commands_of(text: str) -> set[str]:
    """Return what a page calls `mlops` with, in its code blocks, without their comments, and in inline code."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    code = "\n".join([*(re.sub(r" +#.*", "", block) for block in blocks), *inline])
    return {one.strip() for one in re.findall(r"\bmlops ((?:\$\([^)]*\)|\"[^\"\n]*\"|[^&|;\n)\"])+)", code)}


def unknown_words(command: str) -> list[str]:
    """Return the words of a command that the command line does not have."""
    known, words = leaves(), shlex.split(command)
    if words[0].startswith("-"):
        return []
    depth = 2 if words[0] in GROUPS else 1
    found = known.get(tuple(words[:depth]))
    if found is None:
        return [] if words[1:] == ["--help"] else words[:depth]
    options = {option for parameter in found.params for option in parameter.opts} | {
        "--help",
        "--no-shadow",
        "--no-wait",
    }
    return [word for word in words[depth:] if word.startswith("-") and word not in options | {"--help"}]


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_the_pages_exist(name: str) -> None:
    found = commands_of((ROOT / name).read_text(encoding="utf-8"))
    assert len(found) > 3
    assert {command: unknown_words(command) for command in found if unknown_words(command)} == {}


def test_the_commands_in_messages_exist() -> None:
    sources = (ROOT / "packages" / "sagemaker-mlops" / "src").rglob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    called = {tuple(found.split()) for found in re.findall(r"\bmlops ((?:[a-z][a-z-]* ?){1,2})", text)}
    known = leaves()
    assert {words[0] for words in called} - set(MODULES) == set()
    for words in called:
        if words[0] in GROUPS and len(words) > 1:
            assert words[:2] in known, words


@pytest.mark.parametrize("name", PAGES)
def test_the_make_targets_of_the_pages_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (ROOT / name).read_text(encoding="utf-8")
    called = {
        word for words in re.findall(r"(?:`|^|&& )make ((?:[a-z-]+ ?)+)", text, re.MULTILINE) for word in words.split()
    }
    assert called
    assert called <= targets
