"""Every synthesized trust policy against subjects as GitHub's tokens present them, old and new.

The new form is presented by repositories that were created, renamed or transferred since 2026-07-15:
https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/ and
aws-actions/configure-aws-credentials#1888, which shows a refused role of the old form. The endings of subjects:
https://docs.github.com/actions/reference/security/oidc (filtering for a specific environment, pull requests, branch).
Nothing here was recorded from a repository of ours: nobody has run these workflows on GitHub yet.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sagemaker_mlops.delivery.github.environments_file import write_github_values
from sagemaker_mlops.environments.settings import ENVIRONMENTS_FILE, GitHub, Settings, load_settings

from tests.stacks.conftest import Synthesize, Templates
from tests.stacks.settings import settings

OLD, NEW = "repo:owner/repository", "repo:owner@123456/repository@456789"
# Another owner got the name after a deletion; a repository beside ours; a name that begins as ours does.
OTHERS = ("repo:owner@999999/repository@456789", "repo:owner@123456/repository@111111", "repo:owner/repository-fork")
PULL_REQUEST, MAIN, BRANCH = "pull_request", "ref:refs/heads/main", "ref:refs/heads/feature"
ENDINGS = (
    PULL_REQUEST,
    MAIN,
    BRANCH,
    *(f"environment:{name}" for name in ("dev", "staging", "production", "delivery")),
)
IDS = {"owner_id": 123456, "repository_id": 456789}


def trusts(templates: Templates) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Environment, purpose and condition of every role that GitHub's tokens may take on."""
    for environment, capability in templates:
        for entry in templates.of_type(environment, capability, "AWS::IAM::Role").values():
            for statement in entry["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                if statement["Action"] == "sts:AssumeRoleWithWebIdentity":
                    purpose = entry["Properties"]["RoleName"].rpartition(f"{environment}-")[2]
                    yield environment, purpose, statement["Condition"]


def assumable(templates: Templates, subject: str) -> set[str]:
    """Roles that a token with a subject may take on, as IAM judges StringEquals: letter by letter, any of the list."""
    found = set()
    for environment, purpose, condition in trusts(templates):
        assert list(condition) == ["StringEquals"], "anything else would need another judge"
        wanted = condition["StringEquals"]
        assert isinstance(wanted, dict)
        assert wanted["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
        allowed = wanted["token.actions.githubusercontent.com:sub"]
        if subject in ([allowed] if isinstance(allowed, str) else allowed):
            found.add(f"{environment} {purpose}")
    return found


def roles(purpose: str) -> set[str]:
    return {f"{environment} {purpose}" for environment in ("dev", "staging", "production")}


EXPECTED = {
    PULL_REQUEST: roles("github-difference"),
    MAIN: roles("github-read"),
    BRANCH: set(),
    "environment:dev": {"dev github-deploy"},
    "environment:staging": {"staging github-deploy"},
    "environment:production": {"production github-deploy"},
    "environment:delivery": roles("github-read"),
}


@pytest.fixture(scope="module")
def with_ids(synthesize: Synthesize) -> Templates:
    return synthesize(settings(github=IDS))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_new_repository_may_what_it_should_and_an_old_subject_or_another_repository_nothing(
    with_ids: Templates, ending: str
) -> None:
    assert assumable(with_ids, f"{NEW}:{ending}") == EXPECTED[ending]
    for prefix in (OLD, *OTHERS):
        assert assumable(with_ids, f"{prefix}:{ending}") == set()


@pytest.mark.parametrize("ending", ENDINGS)
def test_before_the_ids_are_known_only_the_old_form_is_trusted(templates: Templates, ending: str) -> None:
    assert assumable(templates, f"{OLD}:{ending}") == EXPECTED[ending]
    assert assumable(templates, f"{NEW}:{ending}") == set()


def test_without_rules_of_environments_declaring_one_is_worth_nothing(synthesize: Synthesize) -> None:
    found = synthesize(settings(github={**IDS, "deploy_from": "main_branch"}))
    for ending in ENDINGS:
        expected = {PULL_REQUEST: roles("github-difference"), MAIN: roles("github-read") | roles("github-deploy")}
        assert assumable(found, f"{NEW}:{ending}") == expected.get(ending, set())


def test_a_new_repository_with_the_projects_own_answers_may_deploy_after_set_up(
    synthesize: Synthesize, tmp_path: Path
) -> None:
    """As `mlops github ids --apply` leaves the file; without it every job of a new repository would be refused."""
    file = tmp_path / "environments.yaml"
    file.write_text(ENVIRONMENTS_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    before = load_settings(file)
    subject = f"repo:{before.github.owner}@123456/{before.github.repository}@456789:environment:production"
    if before.github.owner_id is None:
        assert assumable(synthesize(before), subject) == set()
    write_github_values(file, IDS)
    assert assumable(synthesize(load_settings(file)), subject) == {"production github-deploy"}


@pytest.mark.parametrize("violation", [OLD, "repo:owner@999999/repository@456789", "repo:*/repository@456789"])
def test_a_trust_in_another_form_is_noticed(
    synthesize: Synthesize, monkeypatch: pytest.MonkeyPatch, violation: str
) -> None:
    """The judge above is no constant: a prefix that is not GitHub's turns a new repository away."""
    monkeypatch.setattr(GitHub, "subject_prefix", violation)
    broken: Settings = settings(github=IDS)
    assert assumable(synthesize(broken), f"{NEW}:{MAIN}") == set()
