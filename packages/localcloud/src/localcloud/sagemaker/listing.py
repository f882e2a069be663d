"""List operations: filters, order and pages for all kinds of resources."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.utils import parse_to_aware_datetime

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.operations import Members, Request

DEFAULT_PAGE = 10
LONGEST_TOKEN = 9
ASCENDING, DESCENDING = "Ascending", "Descending"
NOT_FILTERS = ("SortBy", "SortOrder", "MaxResults", "NextToken")
Test = Callable[[Members], bool]
# Filters on times: the member that they compare, and True if later times match.
TIME_FILTERS = {
    "CreationTimeAfter": ("CreationTime", True),
    "CreationTimeBefore": ("CreationTime", False),
    "CreatedAfter": ("CreationTime", True),
    "CreatedBefore": ("CreationTime", False),
    "LastModifiedTimeAfter": ("LastModifiedTime", True),
    "LastModifiedTimeBefore": ("LastModifiedTime", False),
    "ScheduledTimeAfter": ("ScheduledTime", True),
    "ScheduledTimeBefore": ("ScheduledTime", False),
}


@dataclass(frozen=True)
class Listing:
    """Filters, order and response of a List operation.

    Sources: botocore's documentation of ListTrainingJobs for StatusEquals; for NameContains
    https://github.com/boto/boto3/issues/2838 (training jobs), https://github.com/boto/boto3/issues/2521 (models) and
    https://github.com/boto/boto3/issues/2973 (endpoints). The default order is the documented one.

    Attributes:
        key: member of the response with the summaries.
        shown: members of a summary.
        name: member that NameContains and SortBy=Name use.
        default_order: order without SortOrder.
        equal: member that each filter on equality compares.
        sort: member for each value of SortBy that is not itself the name of a member.
        after_page: filters that the service applies to a page instead of before it forms one. A page may then be empty
            and have a token.
    """

    key: str
    shown: tuple[str, ...]
    name: str = ""
    default_order: str = DESCENDING
    equal: Mapping[str, str] = field(default_factory=dict)
    sort: Mapping[str, str] = field(default_factory=dict)
    after_page: tuple[str, ...] = ()

    def filtered(self, request: Request, resources: Iterable[Members], names: Iterable[str]) -> list[Members]:
        """Return the resources that match the named filters of a request."""
        tests = [test for test in (self._test(request, name) for name in names) if test]
        return [resource for resource in resources if all(test(resource) for test in tests)]

    def _test(self, request: Request, filter_name: str) -> Test | None:
        wanted = request[filter_name]
        if filter_name in TIME_FILTERS:
            member, is_later = TIME_FILTERS[filter_name]
            return _time_test(member, wanted, is_later=is_later)
        if filter_name in self.equal:
            return lambda resource: bool(resource.get(self.equal[filter_name]) == wanted)
        if filter_name == "NameContains":
            return lambda resource: wanted in resource[self.name]
        if filter_name == "PipelineNamePrefix":
            return lambda resource: bool(resource[self.name].startswith(wanted))
        if filter_name in NOT_FILTERS:
            return None
        raise NotInLocalcloud(f"{filter_name} in a list of {self.key}")

    def ordered(self, request: Request, resources: list[Members]) -> list[Members]:
        """Return the resources in the order of a request. Equal ones are sorted by creation."""
        by = request.get("SortBy", "CreationTime")
        member = self.name if by == "Name" else self.sort.get(by, by)
        is_descending = request.get("SortOrder", self.default_order) == DESCENDING
        ranked = sorted(
            enumerate(resources), key=lambda pair: (pair[1].get(member, ""), pair[0]), reverse=is_descending
        )
        return [resource for _, resource in ranked]


def _time_test(member: str, wanted: Any, *, is_later: bool) -> Test:
    limit = parse_to_aware_datetime(wanted).timestamp()
    if is_later:
        return lambda resource: bool(resource[member] >= limit)
    return lambda resource: bool(resource[member] < limit)


def listed(request: Request, listing: Listing, resources: Iterable[Members], *fixed: str) -> Members:
    """Return the response of a List operation: filtered, ordered summaries and a token for the next page.

    `fixed` are members of the request that select the resources and are therefore not filters.
    """
    late = [name for name in listing.after_page if request.get(name) and _is_late(request, name)]
    early = [name for name in request.members if name not in (*late, *fixed)]
    answer = page(request, listing.key, listing.ordered(request, listing.filtered(request, resources, early)))
    shown = listing.filtered(request, answer[listing.key], late)
    return {**answer, listing.key: [chosen(resource, listing.shown) for resource in shown]}


def _is_late(request: Request, filter_name: str) -> bool:
    """Return True if a filter is applied to the page.

    For StatusEquals this is documented for requests with MaxResults.
    """
    return filter_name != "StatusEquals" or bool(request.get("MaxResults"))


def page(request: Request, key: str, ordered: list[Members], size: int = DEFAULT_PAGE) -> Members:
    """Return a page of ordered resources, and a token for the next one.

    Raises:
        AwsError: ValidationException if the token of the request is invalid.
    """
    start = _start(request.get("NextToken"))
    end = start + int(request.get("MaxResults") or size)
    answer: Members = {key: ordered[start:end]}
    if end < len(ordered):
        answer["NextToken"] = str(end)
    return answer


def _start(token: str | None) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) <= LONGEST_TOKEN):
        raise validation_error("Invalid pagination token: expected the NextToken of the page before.")
    return int(token)


def chosen(resource: Members, names: Iterable[str]) -> Members:
    """Return the named members of a resource that are not None."""
    return {name: resource[name] for name in names if resource.get(name) is not None}
