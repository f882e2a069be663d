"""The form of a belief about AWS or GitHub: a test whose docstring states it and whose marker names the source.

    @belief("https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html")
    def test_a_model_needs_its_role(aws: Target, observe: Observe) -> None:
        \"\"\"CreateModel refuses a role that does not exist.\"\"\"
        refusal = aws.refusal("sagemaker", "create_model", ...)
        observe("code", refusal.code, documented="ValidationException")

A source is an address, or a place in botocore's documentation ("botocore: sagemaker.CreateModelInput"). What nobody
has documented is ASSUMED.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

ASSUMED = "assumed"
UUID = r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
NO_UUID = "00000000-0000-0000-0000-000000000000"
SOURCE = re.compile(r"https://\S+|botocore: \S.*|CloudFormation schema: \S.*|assumed")


def belief(source: str, *, creates: str = "nothing", usd: float = 0.0) -> pytest.MarkDecorator:
    """Mark a test as a belief.

    Args:
        source: where the belief is documented, in the form that SOURCE describes.
        creates: what the test creates in a real account; it removes it again.
        usd: what that costs there, in US dollars.
    """
    if SOURCE.fullmatch(source) is None:
        raise ValueError(f"expected an address, a place in botocore, a schema, or {ASSUMED!r}; found {source!r}")
    return pytest.mark.belief(source=source, creates=creates, usd=usd)


@dataclass(frozen=True)
class Belief:
    """One belief, as its test states it."""

    identifier: str
    statement: str
    source: str
    creates: str
    usd: float

    @property
    def module(self) -> str:
        """The module of the test, which names the service or the topic."""
        return self.identifier.split("/")[0]

    @property
    def is_about_github(self) -> bool:
        """Whether GitHub is asked, and not AWS."""
        return self.module.startswith("github")


def belief_of(item: pytest.Function) -> Belief | None:
    """Return the belief that a collected test states; None if it states none. Raises ValueError without a docstring."""
    marker = item.get_closest_marker("belief")
    if marker is None:
        return None
    statement = (item.function.__doc__ or "").strip().splitlines()
    if not statement:
        raise ValueError(f"{item.nodeid}: expected a docstring that states the belief")
    name = item.name.removeprefix("test_")
    module = item.path.stem.removeprefix("test_")
    return Belief(f"{module}/{re.sub(r'[^A-Za-z0-9_.-]+', '-', name).strip('-')}", statement[0], **marker.kwargs)


def without_account(value: Any, replaced: Mapping[str, str]) -> Any:
    """Replace in an answer what is of one account or one run, so that answers can be compared and published.

    Account numbers, and whatever else `replaced` has by name, become `<name>`; other numbers of twelve digits and
    UUIDs become zeros.
    """
    if isinstance(value, str):
        for name, text in replaced.items():
            value = value.replace(text, f"<{name}>")
        return re.sub(UUID, NO_UUID, re.sub(r"\b\d{12}\b", "0" * 12, value))
    if isinstance(value, Mapping):
        return {key: without_account(member, replaced) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [without_account(member, replaced) for member in value]
    return value
