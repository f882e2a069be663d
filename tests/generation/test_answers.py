"""Wrong answers are refused with a message each, before anything is written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, clean_environment


def generate(output: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    words = [f"{name}={value}" for name, value in answers.items()]
    return subprocess.run(
        [sys.executable, "-m", "cookiecutter", "--no-input", "--output-dir", str(output), str(TEMPLATE), *words],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
    )


WRONG = {
    "upper case": ({"project_slug": "MyModel"}, "project_slug: expected lower-case letters", "'mymodel'"),
    "spaces": ({"project_slug": "my model"}, "project_slug: expected lower-case letters", "'my-model'"),
    "leading digit": ({"project_slug": "1model"}, "project_slug: expected lower-case letters", "'model'"),
    "double hyphen": ({"project_slug": "my--model"}, "project_slug: expected lower-case letters", "'my-model'"),
    "empty slug": ({"project_slug": ""}, "project_slug: expected lower-case letters", "'purchase-intent'"),
    "path": ({"project_slug": "../outside"}, "project_slug: expected lower-case letters", "'outside'"),
    "too long": ({"project_slug": "a" * 30}, "project_slug: expected at most 29 characters", "found 30"),
    "reserved": ({"project_slug": "aws-model"}, "project_slug: AWS reserves names", "'aws'"),
    "short account": (
        {"dev_account_id": "12345"},
        "dev_account_id: expected an AWS account id of 12 digits",
        "'12345'",
    ),
    "account with letters": ({"production_account_id": "12345678901a"}, "production_account_id: expected", "12 digits"),
    "e-mail": ({"team_email": "team at example"}, "team_email: expected an e-mail address", "'team at example'"),
    "region": ({"aws_region": "Ireland"}, "aws_region: expected the code of a commercial AWS region", "eu-west-1"),
    "region of China": ({"aws_region": "cn-north-1"}, "aws_region: expected a commercial region", "'eu-west-1'"),
    "region of a government": (
        {"aws_region": "us-gov-west-1"},
        "aws_region: expected a commercial region",
        "eu-west-1",
    ),
    "region typo": ({"aws_region": "eu-west1"}, "aws_region: expected", "'eu-west1'"),
    "owner": ({"github_owner": "my org"}, "github_owner: expected a GitHub organisation", "'my org'"),
    "repository": ({"github_repository": "owner/repo"}, "github_repository: expected", "without the owner"),
    "code owners without @": (
        {"code_owners": "ml-team"},
        "code_owners: expected @user or @organization/team",
        "'ml-team'",
    ),
    "code owners by e-mail": ({"code_owners": "a@b.example"}, "code_owners: expected", "@example-org/ml-team"),
    "empty name": ({"project_name": " ", "project_slug": "x"}, "project_name: expected some text", "found nothing"),
    "control characters": (
        {"project_name": "a\u0081b", "project_slug": "x"},
        "project_name: expected one line",
        "Leave",
    ),
    "parent folder": ({"github_repository": ".."}, "github_repository: expected", "'..'"),
    "option": ({"github_repository": "-x"}, "github_repository: expected", "'-x'"),
    "the laptop's account": ({"dev_account_id": "0" * 12}, "dev_account_id: expected", "'000000000000'"),
    "quotes": ({"description": 'say "hi"'}, "description: expected one line without double quotes", "Leave"),
    "long description": ({"description": "d" * 201}, "description: expected at most 200 characters", "found 201"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_refused_and_nothing_is_written(tmp_path: Path, kind: str) -> None:
    answers, expected, found = WRONG[kind]
    result = generate(tmp_path / "output", **answers)
    assert result.returncode != 0
    assert expected in result.stderr
    assert found in result.stderr
    assert "Traceback" not in result.stderr
    assert not any((tmp_path / "output").rglob("*.py"))


def test_every_wrong_answer_is_told_at_once(tmp_path: Path) -> None:
    result = generate(tmp_path, project_slug="Bad", team_email="bad", aws_region="bad", dev_account_id="bad")
    assert "Nothing was generated: 4 answers cannot work." in result.stderr


def test_an_unknown_choice_is_refused(tmp_path: Path) -> None:
    result = generate(tmp_path, monitoring_runtime="cron")
    assert result.returncode != 0
    assert "cron" in result.stderr + result.stdout


def test_the_other_answers_are_kept_in_a_command(tmp_path: Path) -> None:
    """It asks again, with what was right as the suggestions: cookiecutter takes key=value as such."""
    result = generate(tmp_path, project_slug="Bad", project_name="Your churn", aws_region="eu-west-3")
    command = next(line for line in result.stderr.splitlines() if line.strip().startswith("cookiecutter "))
    assert f"{TEMPLATE} " in command
    assert "'project_name=Your churn'" in command
    assert "aws_region=eu-west-3" in command
    assert "project_slug" not in command


def test_generation_ends_with_the_next_step(tmp_path: Path) -> None:
    result = generate(tmp_path)
    assert result.returncode == 0, result.stderr
    assert "next: cd purchase-intent, then: make setup" in result.stdout
