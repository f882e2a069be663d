"""What we believe about lists of SageMaker: orders, pages, tokens and filters, on model package groups.

test_sagemaker_lists.py holds localcloud to the same for every operation, by botocore's model.
"""

from typing import Any

import pytest

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Observe
from tests.conformance.target import Target

INPUT = "botocore: sagemaker.ListModelPackageGroupsInput"
NUMBER = 11


@pytest.fixture(scope="module")
def names(given: Fixtures) -> list[str]:
    """Eleven groups, one more than a page has; oldest first."""
    return [given.make_group(f"page-{number:02}") for number in range(NUMBER)]


def listed(aws: Target, **members: Any) -> dict[str, Any]:
    """One page of this run's groups."""
    found = aws.client("sagemaker").list_model_package_groups(NameContains=aws.name("page"), **members)
    return {
        "names": [group["ModelPackageGroupName"] for group in found["ModelPackageGroupSummaryList"]],
        "token": found.get("NextToken"),
    }


@belief(ASSUMED)
def test_the_default_page(aws: Target, names: list[str], observe: Observe) -> None:
    """A page has ten entries and a token if nobody asked otherwise; documented for five other lists."""
    found = listed(aws)
    observe("entries", len(found["names"]), documented=10)
    observe("has a token", found["token"] is not None, documented=True)


@belief(f"{INPUT} SortBy, SortOrder (CreationTime, Ascending)")
def test_the_default_order(aws: Target, names: list[str], observe: Observe) -> None:
    """Model package groups are listed by their creation, oldest first."""
    observe("names", listed(aws, MaxResults=100)["names"], documented=names)


@belief(f"{INPUT} SortBy, SortOrder")
def test_an_order_that_was_asked_for(aws: Target, names: list[str], observe: Observe) -> None:
    """A list is sorted as asked: by name, descending."""
    found = listed(aws, MaxResults=100, SortBy="Name", SortOrder="Descending")
    observe("names", found["names"], documented=names[::-1])


@belief(f"{INPUT} NextToken")
def test_pages_have_everything_once(aws: Target, names: list[str], observe: Observe) -> None:
    """Following the tokens gives every entry once, and the last page has no token."""
    found, token = [], None
    for _ in range(NUMBER):
        answer = listed(aws, MaxResults=4, **({"NextToken": token} if token else {}))
        found += answer["names"]
        token = answer["token"]
        if token is None:
            break
    observe("names", found, documented=names)
    observe("last token", token, documented=None)


@belief(ASSUMED)
def test_a_token_that_is_none(aws: Target, observe: Observe) -> None:
    """A token that no answer gave is refused with a ValidationException."""
    found = aws.refusal("sagemaker", "list_model_package_groups", NextToken="garbage")
    observe("code", found.code, documented="ValidationException")


@belief("botocore: sagemaker.MaxResults (1 to 100)")
def test_a_page_that_is_too_large(aws: Target, observe: Observe) -> None:
    """A page has at most a hundred entries."""
    found = aws.refusal("sagemaker", "list_model_package_groups", MaxResults=101)
    observe("code", found.code, documented="ValidationException")
    observe("limit", "value less than or equal to 100" in found.message, documented=True)


@belief(f"{INPUT} NameContains")
def test_a_part_of_the_name(aws: Target, names: list[str], observe: Observe) -> None:
    """NameContains keeps the groups whose name has the text anywhere."""
    found = aws.client("sagemaker").list_model_package_groups(NameContains=f"{aws.run}-page-03")
    shown = [group["ModelPackageGroupName"] for group in found["ModelPackageGroupSummaryList"]]
    observe("names", shown, documented=[names[3]])


@belief(f"{INPUT} CreationTimeAfter, CreationTimeBefore")
def test_a_time_of_creation(aws: Target, names: list[str], observe: Observe) -> None:
    """CreationTimeAfter and CreationTimeBefore keep what was created after and before a time."""
    year_2000, year_2100 = 946684800, 4102444800
    observe("after 2000", len(listed(aws, MaxResults=100, CreationTimeAfter=year_2000)["names"]), documented=NUMBER)
    observe("before 2000", listed(aws, MaxResults=100, CreationTimeBefore=year_2000)["names"], documented=[])
    observe("after 2100", listed(aws, MaxResults=100, CreationTimeAfter=year_2100)["names"], documented=[])


@belief("botocore: sagemaker.ModelPackageGroupSortBy, SortOrder")
def test_an_order_that_does_not_exist(aws: Target, observe: Observe) -> None:
    """A list refuses an order that is none of those of the API."""
    orders: list[dict[str, Any]] = [{"SortBy": "Colour"}, {"SortOrder": "Colour"}]
    for order in orders:
        (member,) = order
        found = aws.refusal("sagemaker", "list_model_package_groups", **order)
        observe(f"code of {member}", found.code, documented="ValidationException")


@belief("botocore: sagemaker.ListModelsInput, ListEndpointsInput (SortOrder: Descending)")
def test_models_are_listed_newest_first(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Models are listed newest first, unlike model package groups."""
    older, newer = given.make_model("listed-a"), given.make_model("listed-b")
    found = aws.client("sagemaker").list_models(NameContains=f"{aws.run}-listed")
    observe("names", [model["ModelName"] for model in found["Models"]], documented=[newer, older])


@belief("https://github.com/boto/boto3/issues/2521")
def test_a_filter_on_names_waits_for_the_page(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A page of models is cut first and filtered by name afterwards, so it may be empty and have a token."""
    older, _ = given.make_model("filtered-a"), given.make_model("filtered-b")
    found = aws.client("sagemaker").list_models(NameContains=older, MaxResults=1)
    observe("models", found["Models"], documented=[])
    observe("has a token", "NextToken" in found, documented=True)
