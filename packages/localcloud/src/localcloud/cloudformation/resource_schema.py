"""CloudFormation schemas of resource types, read from files that are part of cfn-lint.

Only the files are used: importing cfn-lint takes a second and needs 100 MB of packages that localcloud does not use.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Definition = dict[str, Any]
PREFIX = "/properties/"
FALLBACK_REGION = "us-east-1"


@dataclass(frozen=True)
class ResourceSchema:
    """Schema of a resource type."""

    type_name: str
    definition: Definition

    @property
    def properties(self) -> Definition:
        """Property definitions by name."""
        found: Definition = self.definition.get("properties", {})
        return found

    def _paths(self, keyword: str) -> tuple[str, ...]:
        return tuple(path.removeprefix(PREFIX) for path in self.definition.get(keyword, ()))

    @property
    def create_only(self) -> tuple[str, ...]:
        """Paths of properties whose change replaces the resource, such as `Budget/BudgetName`."""
        return self._paths("createOnlyProperties")

    @property
    def conditionally_create_only(self) -> tuple[str, ...]:
        """Paths of properties whose change may replace the resource."""
        return self._paths("conditionalCreateOnlyProperties")

    @property
    def read_only(self) -> tuple[str, ...]:
        """Paths of properties that only the service sets."""
        return self._paths("readOnlyProperties")

    @property
    def name_path(self) -> str | None:
        """Path of the custom name, such as AlarmName of an Alarm or Name of a Secret; None if there is none."""
        kind = self.type_name.rsplit("::", 1)[-1]
        for path in self.create_only:
            member = path.rsplit("/", 1)[-1]
            if member.endswith("Name") and kind.endswith(member.removesuffix("Name")):
                return path
        return None


def value_at(properties: Any, path: str) -> Any:
    """Return the value at a path such as `Budget/BudgetName`, or None if it is missing."""
    for member in path.split("/"):
        properties = properties.get(member) if isinstance(properties, dict) else None
    return properties


@cache
def resource_schema(type_name: str, region: str) -> ResourceSchema | None:
    """Return the schema of a resource type, or None for custom resources and types without a schema.

    Types that the region does not list are read from the schemas of us-east-1.
    """
    name = _file_names(region).get(type_name) or _file_names(FALLBACK_REGION).get(type_name)
    if name is None:
        return None
    return ResourceSchema(type_name, json.loads((_folder() / "resources" / f"{name}.json").read_bytes()))


@cache
def _file_names(region: str) -> dict[str, str]:
    path = _folder() / "providers" / f"{region}.json"
    if not path.exists():
        return {}
    names: dict[str, str] = json.loads(path.read_bytes())
    return names


@cache
def _folder() -> Path:
    found = find_spec("cfnlint")  # find the package without importing it
    if found is None or found.origin is None:
        raise RuntimeError("cfn-lint is not installed: CloudFormation's schemas come with it; run `make setup`")
    return Path(found.origin).parent / "data" / "schemas"
