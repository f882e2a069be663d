"""List operations: filter, sort and cut into pages, the same way for every kind of resource."""

from collections.abc import Callable, Iterable
from typing import Any

from localcloud.sagemaker.operations import Members, Request

PAGE = 100


def page(request: Request, key: str, resources: Iterable[Members], summary: Callable[[Members], Members]) -> Members:
    """Answer of a List operation: summaries under a key, newest first unless asked otherwise, with a token for more."""
    newest_first = request.get("SortOrder", "Descending") == "Descending"
    ordered = list(resources)[::-1] if newest_first else list(resources)
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or PAGE)
    answer: Members = {key: [summary(resource) for resource in ordered[start:end]]}
    if end < len(ordered):
        answer["NextToken"] = str(end)
    return answer


def chosen(resource: Members, names: Iterable[str]) -> Members:
    """The named members of a resource that are there."""
    return {name: resource[name] for name in names if resource.get(name) is not None}


def named_like(request: Request, resources: Iterable[Members], key: str) -> list[Members]:
    """Resources whose name contains what the caller asked for."""
    wanted: Any = request.get("NameContains", "")
    return [resource for resource in resources if wanted in resource[key]]
