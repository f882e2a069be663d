"""Protection of main: ours is added to what a team has."""

import pytest
from sagemaker_mlops.delivery.github.protection import MainRules, is_protected, wanted_protection

THEIRS = {
    "required_status_checks": {
        "strict": True,
        "contexts": ["scan", "legacy"],
        "checks": [{"context": "scan", "app_id": 99}],
    },
    "required_pull_request_reviews": {
        "required_approving_review_count": 2,
        "require_code_owner_reviews": True,
        "dismissal_restrictions": {"users": [{"login": "ann", "id": 1}], "teams": [], "apps": []},
    },
    "enforce_admins": {"url": "https://api.github.com/", "enabled": True},
    "restrictions": {"users": [], "teams": [{"slug": "ml"}], "apps": []},
    "required_linear_history": {"enabled": True},
    "allow_force_pushes": {"enabled": False},
}


ONE, TWO = MainRules(1), MainRules(2)
PASS = {"context": "pass", "app_id": 15368}


def test_nothing_that_a_team_protects_is_taken_away() -> None:
    assert not is_protected(THEIRS, ONE)
    wanted = wanted_protection(THEIRS, ONE)
    checks = [{"context": "scan", "app_id": 99}, {"context": "legacy"}, PASS]
    assert wanted["required_status_checks"] == {"strict": True, "checks": checks}
    reviews = wanted["required_pull_request_reviews"]
    assert (reviews["required_approving_review_count"], reviews["require_code_owner_reviews"]) == (2, True)
    assert reviews["dismissal_restrictions"] == {"users": ["ann"], "teams": [], "apps": []}
    assert wanted["enforce_admins"] is True
    assert wanted["restrictions"] == {"users": [], "teams": ["ml"], "apps": []}
    assert (wanted["required_linear_history"], wanted.get("allow_force_pushes")) == (True, None)
    assert is_protected(wanted, TWO)


def test_an_unprotected_main_gets_the_check_and_the_approvals_of_code_owners_for_the_last_push() -> None:
    wanted = wanted_protection(None, ONE)
    assert wanted["required_status_checks"]["checks"] == [PASS]
    assert wanted["required_pull_request_reviews"] == {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "require_last_push_approval": True,
    }
    assert (wanted["enforce_admins"], wanted["restrictions"]) == (False, None)


@pytest.mark.parametrize("rule", ["dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval"])
def test_a_main_whose_reviews_can_be_got_round_is_not_protected(rule: str) -> None:
    wanted = wanted_protection(None, ONE)
    assert is_protected(wanted, ONE)
    wanted["required_pull_request_reviews"][rule] = False
    assert not is_protected(wanted, ONE)


def test_a_check_that_anybody_can_report_is_not_the_required_one() -> None:
    wanted = wanted_protection(None, ONE)
    wanted["required_status_checks"]["checks"] = [{"context": "pass", "app_id": None}]
    assert not is_protected(wanted, ONE)
    assert is_protected(wanted, MainRules(1, checks_app_id=None)), "on a server of one's own"


def test_an_app_may_merge_without_reviews_beside_those_who_may_already() -> None:
    rules = MainRules(1, "shop-delivery")
    theirs = {"required_pull_request_reviews": {"bypass_pull_request_allowances": {"users": [{"login": "ann"}]}}}
    wanted = wanted_protection(theirs, rules)
    bypass = wanted["required_pull_request_reviews"]["bypass_pull_request_allowances"]
    assert bypass == {"users": ["ann"], "teams": [], "apps": ["shop-delivery"]}
    assert is_protected(wanted, rules)
    assert not is_protected(wanted_protection(None, ONE), rules)


def test_more_approvals_than_main_asks_for_are_a_change() -> None:
    one = wanted_protection(None, ONE)
    assert is_protected(one, ONE)
    assert not is_protected(one, TWO)
