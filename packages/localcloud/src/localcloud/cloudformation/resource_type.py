"""Interface between CloudFormation and a resource type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import NotInLocalcloud
from localcloud.scope import Scope

Properties = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Context of an operation on a resource, with the name to use if the template gives none."""

    cloud: Cloud
    scope: Scope
    generated_name: str


@dataclass(frozen=True)
class Resource:
    """A created resource: its physical id (the value of Ref) and its attributes (Fn::GetAtt)."""

    physical_id: str
    attributes: dict[str, Any]


class UpdateFailed(Exception):
    """Failed creation or update of a resource. CloudFormation rolls the stack back."""


@dataclass(frozen=True)
class ResourceType:
    """A resource type.

    Properties that are not listed are rejected. The schema of the type defines which changes replace a resource.
    """

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
