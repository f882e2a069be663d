"""What doctor says about GitHub: the repository's ids, and notify's secret."""

from dataclasses import replace
from typing import Any

import pytest
from sagemaker_mlops.delivery.doctor import Finding, _github_ids, _github_token
from sagemaker_mlops.delivery.target import Target, target_of


class Secrets:
    """Secrets Manager with one secret."""

    class exceptions:  # noqa: N801  (boto3's name)
        class ResourceNotFoundException(Exception): ...

    def __init__(self, value: str) -> None:
        self.value = value

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        return {"SecretString": self.value}


def with_ids(owner_id: int | None, repository_id: int | None) -> Target:
    target = target_of("dev")
    github = target.settings.github.model_copy(update={"owner_id": owner_id, "repository_id": repository_id})
    return replace(target, settings=target.settings.model_copy(update={"github": github}))


def test_a_file_without_ids_is_an_error_with_the_command_that_writes_them() -> None:
    (finding,) = _github_ids(with_ids(None, None))
    assert finding.verdict == "error"
    assert "mlops github ids --apply" in finding.mend
    (known,) = _github_ids(with_ids(1, 2))
    assert known.verdict == "ok"
    assert "@1/" in known.text


@pytest.mark.parametrize(
    ("value", "verdict", "words"),
    [
        ("none", "warning", "neither App nor token"),
        ('{"app_id": "1"}', "warning", "expected app_id and private_key"),
        ("a-token", "ok", "a token"),
        ('{"app_id": "1", "private_key": "secret"}', "ok", "an App"),
    ],
)
def test_what_notify_has_is_said_without_its_content(
    monkeypatch: pytest.MonkeyPatch, value: str, verdict: str, words: str
) -> None:
    monkeypatch.setattr(Target, "client", lambda *_: Secrets(value))
    finding: Finding
    (finding,) = _github_token(target_of("dev"))
    assert finding.verdict == verdict
    assert words in finding.text
    assert '"secret"' not in str(finding)
