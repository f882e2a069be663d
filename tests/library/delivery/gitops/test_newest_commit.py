"""Which of two commits is deployed."""

from typing import cast

import pytest
from sagemaker_mlops.delivery.github.repository import Comparison, Repository
from sagemaker_mlops.delivery.gitops.newest_commit import superseded_by

COMMIT = "0123456789abcdef"


class Compared:
    """A repository that knows one comparison."""

    def __init__(self, *files: str, is_ahead: bool = True) -> None:
        self.comparison = Comparison(is_ahead, COMMIT, files)

    def compare(self, _commit: str) -> Comparison:
        return self.comparison


@pytest.mark.parametrize(
    ("compared", "reason"),
    [
        (Compared(), ""),
        (Compared("deployments/production.yaml"), ""),
        (Compared("deployments/production.yaml", "model/train.py"), "which changes model/train.py"),
        (Compared(is_ahead=False), "is no longer on main"),
    ],
)
def test_only_what_is_newest_on_main_is_deployed(compared: Compared, reason: str) -> None:
    found = superseded_by(cast(Repository, compared), COMMIT)
    assert (reason in found) if reason else found == ""
