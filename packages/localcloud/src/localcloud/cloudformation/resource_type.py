"""What a resource type is to CloudFormation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import NotInLocalcloud
from localcloud.scope import Scope

Properties = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a resource is made, and the name it gets if the template gives none."""

    cloud: Cloud
    scope: Scope
    generated_name: str


@dataclass(frozen=True)
class Resource:
    """A made resource: what Ref gives, and what Fn::GetAtt gives."""

    physical_id: str
    attributes: dict[str, Any]


class UpdateFailed(Exception):
    """An update failed; CloudFormation rolls back."""


@dataclass(frozen=True)
class ResourceType:
    """One type. Properties that are not listed are refused; its schema says which changes replace a resource."""

    name: str
    properties: frozenset[str]
    create: Callable[[Place, Properties], Resource]
    delete: Callable[[Place, str, Properties], None]
    update: Callable[[Place, str, Properties, Properties], Resource] | None = None

    def check(self, properties: Properties) -> None:
        """Raise NotInLocalcloud for a property that localcloud would ignore."""
        unknown = sorted(set(properties) - self.properties)
        if unknown:
            raise NotInLocalcloud(f"{', '.join(unknown)} of {self.name}")
