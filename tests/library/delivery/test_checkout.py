"""The commit of the work tree, and the contract of another one."""

from pathlib import Path

import pytest
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.delivery import checkout
from sagemaker_mlops.delivery.checkout import checked_out_commit, contract_of_commit, git
from sagemaker_mlops.delivery.errors import DeliveryError

from tests.library.conftest import TEST_CONTRACT

IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.com")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a contract in its only commit."""
    (tmp_path / "contract").mkdir()
    (tmp_path / "contract" / "contract.yaml").write_bytes(TEST_CONTRACT.read_bytes())
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, *IDENTITY, "commit", "--quiet", "--message", "Begin")
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setattr(checkout, "CONTRACT_FILE", tmp_path / "contract" / "contract.yaml")
    return tmp_path


def test_a_commit_is_marked_if_what_a_training_is_made_of_has_changed(repository: Path) -> None:
    commit = checked_out_commit()
    assert len(commit) == 40
    (repository / "notes.txt").write_text("of no consequence")
    assert checked_out_commit() == commit
    (repository / "model").mkdir()
    (repository / "model" / "new.py").write_text("")
    assert checked_out_commit() == f"{commit}-dirty"


def test_outside_a_repository_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert checked_out_commit() == "unknown"


def test_a_contract_is_read_from_a_commit(repository: Path) -> None:
    (repository / "contract" / "contract.yaml").write_text("broken")
    assert contract_of_commit("HEAD") == load_contract(TEST_CONTRACT)
    with pytest.raises(DeliveryError, match="git show failed"):
        contract_of_commit("nowhere")
