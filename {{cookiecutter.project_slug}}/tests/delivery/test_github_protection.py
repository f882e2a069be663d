"""Protection of main: ours is added to what a team has."""

from delivery.github.protection import is_protected, wanted_protection

THEIRS = {
    "required_status_checks": {"strict": True, "contexts": ["security-scan"], "checks": []},
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


def test_nothing_that_a_team_protects_is_taken_away() -> None:
    assert not is_protected(THEIRS, 1)
    wanted = wanted_protection(THEIRS, 1)
    assert wanted["required_status_checks"] == {"strict": True, "contexts": ["security-scan", "pass"]}
    reviews = wanted["required_pull_request_reviews"]
    assert (reviews["required_approving_review_count"], reviews["require_code_owner_reviews"]) == (2, True)
    assert reviews["dismissal_restrictions"] == {"users": ["ann"], "teams": [], "apps": []}
    assert wanted["enforce_admins"] is True
    assert wanted["restrictions"] == {"users": [], "teams": ["ml"], "apps": []}
    assert (wanted["required_linear_history"], wanted.get("allow_force_pushes")) == (True, None)
    assert is_protected(wanted, 2)


def test_an_unprotected_main_gets_the_check_and_the_approvals() -> None:
    wanted = wanted_protection(None, 1)
    assert wanted["required_status_checks"]["contexts"] == ["pass"]
    assert wanted["required_pull_request_reviews"] == {"required_approving_review_count": 1}
    assert (wanted["enforce_admins"], wanted["restrictions"]) == (False, None)


def test_more_approvals_than_main_asks_for_are_a_change() -> None:
    one = wanted_protection(None, 1)
    assert is_protected(one, 1)
    assert not is_protected(one, 2)
