"""Values are written into an environments file as a person would: one line changed, everything else as it was."""

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.environments_file import with_github_values

IDS = {"owner_id": 1, "repository_id": 2}


def test_new_keys_come_after_the_repository_in_its_indentation() -> None:
    text = "# a\ngithub:\n    owner: o # b\n    repository: r # c\n    api_url: u\nproject: p\n"
    expected = text.replace("r # c\n", "r # c\n    owner_id: 1\n    repository_id: 2\n")
    assert with_github_values(text, IDS) == expected
    assert with_github_values(expected, IDS) == expected


def test_a_file_without_a_last_line_break_is_no_trap() -> None:
    text = "project: p\ngithub:\n  owner: o\n  repository: r"
    assert with_github_values(text, {"delivery_login": "app[bot]"}) == f'{text}\n  delivery_login: "app[bot]"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("github: {owner: o, repository: r}\n", "one key a line"),
        ("project: p\n", "one key a line"),
        ("github:\n  owner: o\n", "expected `repository:`"),
    ],
)
def test_what_cannot_be_written_into_is_told_with_what_to_do(text: str, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        with_github_values(text, IDS)
