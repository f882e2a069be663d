"""Every List operation: documented orders, filters, pages and tokens, generated from botocore's model."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.raw_calls import MODEL, RawCalls
from tests.conformance.sagemaker_world import LISTS, NUMBER, OF_AN_EXECUTION, fixed_members

pytest_plugins = ("tests.conformance.sagemaker_world",)
PAGING = ("SortBy", "SortOrder", "MaxResults", "NextToken")
ALL = (*LISTS, *OF_AN_EXECUTION)
FILLED = tuple(operation for operation in ALL if operation != "ListMonitoringExecutions")
NAME_MEMBERS = ("ScheduleName", "JobName", "DefinitionName", "GroupName", "ConfigName", "Name")
TIMES = {"CreationTime": "CreationTime", "Created": "CreationTime", "LastModifiedTime": "LastModifiedTime"}
OPTIONS = ("CrossAccountFilterOption", "ModelPackageType")  # no filters on a member
# Filters on what no summary has: no job of localcloud has a warm pool or a training plan.
WITHOUT_MEMBER = ("WarmPoolStatusEquals", "TrainingPlanArnEquals")


def text(document: str) -> str:
    return re.sub(r"<[^>]+>", "", document)


def input_members(operation: str) -> dict[str, Any]:
    shape: Any = MODEL.operation_model(operation).input_shape
    return dict(shape.members)


def documented_order(operation: str) -> str | None:
    member = input_members(operation).get("SortOrder")
    found = re.search(r"default is (Ascending|Descending)", text(member.documentation)) if member else None
    return found.group(1) if found else None


def key_of(operation: str) -> str:
    shape: Any = MODEL.operation_model(operation).output_shape
    return next(str(name) for name, member in shape.members.items() if member.type_name == "list")


def fetch(world: RawCalls, operation: str, **members: Any) -> dict[str, Any]:
    answer = world.call(operation, **fixed_members(world, operation), **members)
    assert answer.status == 200, answer.content
    return answer.content


def everything(world: RawCalls, operation: str, **members: Any) -> list[dict[str, Any]]:
    """Every summary, a hundred at a time."""
    found: list[dict[str, Any]] = fetch(world, operation, MaxResults=100, **members)[key_of(operation)]
    return found


def member_of(summary: dict[str, Any], ending: str) -> Any:
    """The member of a summary that a filter or an order looks at."""
    endings = {"Name": NAME_MEMBERS, "Status": ("Status",)}
    for candidate in endings.get(ending, (ending,)):
        for name in summary:
            if name == ending or name.endswith(candidate):
                return summary[name]
    return None


def creation(summary: dict[str, Any]) -> Any:
    return summary.get("CreationTime", summary.get("StartTime"))


@pytest.mark.parametrize("operation", [operation for operation in FILLED if documented_order(operation)])
def test_the_default_order_is_the_documented_one(world: RawCalls, operation: str) -> None:
    """Source: botocore 1.43.106, SortOrder of each operation: "The default is ..."."""
    times = [creation(summary) for summary in everything(world, operation)]
    assert times == sorted(times, reverse=documented_order(operation) == "Descending")
    assert len(times) == NUMBER


def orders() -> Iterator[tuple[str, str, str]]:
    for operation in FILLED:
        member = input_members(operation).get("SortBy")
        for by in getattr(member, "enum", []):
            for order in ("Ascending", "Descending"):
                yield operation, by, order


@pytest.mark.parametrize(("operation", "by", "order"), list(orders()))
def test_lists_are_sorted_as_asked(world: RawCalls, operation: str, by: str, order: str) -> None:
    """Source: botocore 1.43.106, the enumerations of SortBy and SortOrder."""
    found = everything(world, operation, SortBy=by, SortOrder=order)
    values = [creation(summary) if by == "CreationTime" else member_of(summary, by) for summary in found]
    if operation == "ListModelPackages" and by == "Name":
        values = [summary["ModelPackageVersion"] for summary in found]  # of one group all have one name
    assert None not in values
    assert values == sorted(values, reverse=order == "Descending")


@pytest.mark.parametrize("operation", FILLED)
def test_a_page_has_ten_entries_unless_asked_otherwise(world: RawCalls, operation: str) -> None:
    """Source: botocore 1.43.106, MaxResults: "The default value is 10" of five operations; assumed of the others."""
    answer = fetch(world, operation)
    assert len(answer[key_of(operation)]) == 10
    assert answer["NextToken"]


@pytest.mark.parametrize("operation", FILLED)
def test_pages_have_everything_once(world: RawCalls, operation: str) -> None:
    key, found, token = key_of(operation), [], None
    while True:
        answer = fetch(world, operation, MaxResults=5, **({"NextToken": token} if token else {}))
        assert len(answer[key]) <= 5
        found += answer[key]
        token = answer.get("NextToken")
        if token is None:
            break
    assert found == everything(world, operation)
    assert len(found) == NUMBER


@pytest.mark.parametrize("token", ["garbage", "\u00e9", "-1", "1" * 40, "1.5", "\u0661"])
@pytest.mark.parametrize("operation", ALL)
def test_a_token_that_is_none_is_refused(world: RawCalls, operation: str, token: str) -> None:
    """Assumed: the code of the refusal. What is documented is that a token comes from the answer before."""
    answer = world.call(operation, **fixed_members(world, operation), NextToken=token)
    assert (answer.status, answer.code) == (400, "ValidationException")


def filters() -> Iterator[tuple[str, str]]:
    for operation in FILLED:
        for name in input_members(operation):
            if (
                name not in (*PAGING, *OPTIONS)
                and name not in LISTS.get(operation, {})
                and name != "PipelineExecutionArn"
            ):
                yield operation, name


def time_filter(name: str) -> tuple[str, bool] | None:
    found = re.fullmatch(r"(CreationTime|Created|LastModifiedTime)(After|Before)", name)
    return (TIMES[found.group(1)], found.group(2) == "After") if found else None


@pytest.mark.parametrize(("operation", "name"), list(filters()))
def test_every_filter_filters(world: RawCalls, operation: str, name: str) -> None:
    """Source: botocore 1.43.106, the filters of each operation."""
    summaries = everything(world, operation)
    by_time = time_filter(name)
    if by_time:
        return check_time_filter(world, operation, name, *by_time)
    if name in WITHOUT_MEMBER:
        wanted = (
            "Available"
            if name == "WarmPoolStatusEquals"
            else "arn:aws:sagemaker:eu-west-1:444444444444:training-plan/a"
        )
        assert everything(world, operation, **{name: wanted}) == []
        return None
    if name in ("NameContains", "PipelineNamePrefix"):
        wanted = "even" if operation != "ListModelPackages" else "even-00"
        expected = [s for s in summaries if wanted in str(member_of(s, "Name"))]
        assert everything(world, operation, **{name: wanted}) == expected
        assert 0 < len(expected) <= NUMBER
        assert everything(world, operation, **{name: "nothing"}) == []
        return None
    ending = name.removesuffix("Equals")
    value = member_of(summaries[0], ending)
    assert value is not None, f"no member for {name}"
    expected = [summary for summary in summaries if member_of(summary, ending) == value]
    assert everything(world, operation, **{name: value}) == expected
    shape = input_members(operation)[name]
    other = next(choice for choice in shape.enum or ["nothing"] if choice != value)
    missing = [s for s in summaries if member_of(s, ending) == other]
    assert everything(world, operation, **{name: other}) == missing
    return None


def check_time_filter(world: RawCalls, operation: str, name: str, member: str, is_after: bool) -> None:
    """A limit between the resources parts them; one before or after all of them lets all or none through."""
    summaries = everything(world, operation)
    times = [summary.get(member, creation(summary)) for summary in summaries]
    limit = sorted(times)[NUMBER // 2]
    expected = [s for s, time in zip(summaries, times, strict=True) if (time >= limit if is_after else time < limit)]
    assert everything(world, operation, **{name: limit}) == expected
    for far, is_future in ((946684800, False), (4102444800, True)):
        passes = is_future != is_after
        assert everything(world, operation, **{name: far}) == (summaries if passes else [])


def test_the_status_of_trainings_is_looked_at_after_the_page(world: RawCalls) -> None:
    """Source: botocore 1.43.106, documentation of ListTrainingJobs on StatusEquals with MaxResults."""
    answer = world.call("ListTrainingJobs", StatusEquals="Failed", MaxResults=5)
    assert answer.content["TrainingJobSummaries"] == []
    assert answer.content["NextToken"]


@pytest.mark.parametrize(("kind", "number"), [("Versioned", NUMBER), ("Both", NUMBER), ("Unversioned", 0)])
def test_versions_are_listed_by_type(world: RawCalls, kind: str, number: int) -> None:
    """Source: botocore 1.43.106, ListModelPackagesInput ModelPackageType: "UNVERSIONED ... is the default value"."""
    assert len(everything(world, "ListModelPackages", ModelPackageType=kind)) == number
    assert world.call("ListModelPackages").content["ModelPackageSummaryList"] == []


def test_models_shared_by_other_accounts_are_named_as_missing(world: RawCalls) -> None:
    answer = world.call("ListModelPackageGroups", CrossAccountFilterOption="CrossAccount")
    assert (answer.status, answer.code) == (501, "NotInLocalcloud")
