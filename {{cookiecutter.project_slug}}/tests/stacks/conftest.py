"""Synthesize in this process: the base settings once, variations as tests ask for them."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

os.environ["CDK_VALIDATION"] = "false"  # slow; one test does it

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.environments.operations import Operations, load_operations
from sagemaker_mlops.environments.settings import Settings

from infra.app import build_app
from tests.stacks.settings import CONTRACT, OPERATIONS, settings

Template = dict[str, Any]


@dataclass(frozen=True)
class Templates:
    """Templates of one synthesis by environment and capability."""

    directory: Path
    found: Mapping[tuple[str, str], Template]

    def __getitem__(self, key: tuple[str, str]) -> Template:
        return self.found[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.found)

    def of_type(self, environment: str, capability: str, kind: str) -> dict[str, Template]:
        """Resources of a type by logical id."""
        resources: dict[str, Template] = self.found.get((environment, capability), {}).get("Resources", {})
        return {logical_id: entry for logical_id, entry in resources.items() if entry["Type"] == kind}

    def only(self, environment: str, capability: str, kind: str) -> Template:
        """The only resource of a type: its properties."""
        (resource,) = self.of_type(environment, capability, kind).values()
        properties: Template = resource["Properties"]
        return properties


class Synthesize(Protocol):
    """Synthesizes settings with the contract of the tests, and with their operations or other ones."""

    def __call__(self, chosen: Settings, operations: Operations | None = None) -> Templates: ...


def synthesize_into(directory: Path, chosen: Settings, operations: Operations | None = None) -> Templates:
    build_app(chosen, load_contract(CONTRACT), operations or load_operations(OPERATIONS), directory).synth()
    found = {}
    for path in sorted(directory.glob("assembly-*/*.template.json")):
        environment = path.parent.name.removeprefix("assembly-")
        capability = path.name.removeprefix(environment).split(".")[0][:-8].lower()
        found[environment, capability] = json.loads(path.read_text(encoding="utf-8"))
    return Templates(directory, found)


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    def synthesized(chosen: Settings, operations: Operations | None = None) -> Templates:
        return synthesize_into(tmp_path_factory.mktemp("cdk.out"), chosen, operations)

    return synthesized


@pytest.fixture(scope="session")
def templates(synthesize: Synthesize) -> Templates:
    """The base settings."""
    return synthesize(settings())


def statements_of(properties: Template) -> list[Template]:
    """Statements of a role's inline policies."""
    return [
        statement for policy in properties.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]
    ]


def role(templates: Templates, environment: str, capability: str, purpose: str) -> Template:
    """Properties of a role by its purpose."""
    name = f"tripwire-{environment}-{purpose}"
    roles = templates.of_type(environment, capability, "AWS::IAM::Role").values()
    return next(entry["Properties"] for entry in roles if entry["Properties"]["RoleName"] == name)
