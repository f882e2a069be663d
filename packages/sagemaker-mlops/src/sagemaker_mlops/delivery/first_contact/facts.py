"""What was seen of each step: on GitHub, in an AWS account, in the environments file."""

from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.delivery.first_contact.steps import Name

State = Literal["done", "missing", "cannot see"]


@dataclass(frozen=True)
class Fact:
    """How a step is; the text says what was found, or why nothing can be seen."""

    state: State
    text: str


@dataclass(frozen=True)
class EnvironmentFacts:
    """What was seen of an environment's steps, with which credentials.

    Args:
        name: the environment.
        profile: the AWS profile whose credentials were used; empty for the shell's own.
        facts: by step. Steps that the environment does not have are left out.
    """

    name: str
    profile: str
    facts: dict[Name, Fact]


@dataclass(frozen=True)
class Facts:
    """Everything that was seen: of the repository by step, and of each environment."""

    project: str
    repository: dict[Name, Fact]
    environments: tuple[EnvironmentFacts, ...]
