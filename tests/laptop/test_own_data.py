"""A team's own numbers, from a file to a served challenger, by the README's commands and nothing else.

The data are real and came with scikit-learn: diabetes (442 rows, neither ids nor times).
"""

import json
from collections.abc import Iterator

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import in_one_account
from tests.laptop.own_data import write_csv
from tests.laptop.pages import blocks, follow, without_cloud
from tests.laptop.shell import Shell, variables_without_credentials


@pytest.fixture(scope="module")
def shell(installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell in a project that was just generated; its cloud is what the page starts."""
    project = installed.copy(tmp_path_factory.mktemp("own") / "purchase-intent")
    laptop, directory = in_one_account(project), tmp_path_factory.mktemp("shell")
    yield Shell(project, directory, without_cloud(variables_without_credentials(laptop, directory)))
    project.mlops("local", "down")


def test_the_readme_leads_from_a_file_to_a_challenger(shell: Shell) -> None:
    """Eight commands after `make setup` and the activation, and six more for a challenger."""
    first = write_csv(shell.project, "diabetes", "progression", 0, 300)
    own = blocks(shell.project, "README.md")[2]
    assert len(own) == 8
    draft = f"mlops contract draft {first} --label progression --yes"
    here = {own[0]: draft, own[3]: "mlops data put build/prepared/*.csv"}
    printed = follow(shell, [here.get(line, line) for line in own])
    assert "There is no record_id and no event_time: add it: add" in printed
    for text in ("registered: arn:", "approved: version 1", "released: ", '"model_version": "1"'):
        assert text in printed, text
    rest = write_csv(shell.project, "diabetes", "progression", 300)
    prepare = f"mlops data prepare {rest} --output build/later --from 2030-01 --to 2030-01"
    later = follow(shell, [prepare, "mlops data put build/later/*.csv", *own[4:]])
    assert "registered: arn:" in later
    assert '"model_version": "2"' in later
    answer = json.loads(shell.succeed("mlops predict --json"))
    assert 25 <= answer["predictions"][0]["score"] <= 346
    assert "All checks passed!" in shell.succeed("make check")
