"""Which step of FIRST-CONTACT.md is next, from what was seen; and that page, README and code name the same steps."""

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sagemaker_mlops.delivery import target as target_module
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact import aws_facts
from sagemaker_mlops.delivery.first_contact.aws_facts import facts_of_all
from sagemaker_mlops.delivery.first_contact.facts import EnvironmentFacts, Fact, Facts, State
from sagemaker_mlops.delivery.first_contact.github_facts import github_facts
from sagemaker_mlops.delivery.first_contact.next_step import FINISHED, next_line, progress
from sagemaker_mlops.delivery.first_contact.steps import PAGE, PATH, Name, do_first, step
from sagemaker_mlops.delivery.first_contact.walk import walk
from sagemaker_mlops.delivery.github.client import TOKEN_VARIABLES
from sagemaker_mlops.delivery.target import Target, check_account, target_of
from sagemaker_mlops.events.start_training import decision
from sagemaker_mlops.project import ROOT

OF_ENVIRONMENTS: dict[str, tuple[Name, ...]] = {
    "dev": ("credentials", "bootstrap", "deploy", "data", "notify", "version"),
    "staging": ("credentials", "bootstrap", "deploy"),
    "production": ("credentials", "bootstrap", "deploy", "notify", "release"),
}
OF_REPOSITORY = tuple(one.name for one in PATH if not one.is_for_each)


def facts(*, profile: str = "", **states: State) -> Facts:
    """Everything is done, except what is given: `push="missing"`, or `deploy_staging="missing"`."""

    def fact(name: str, environment: str = "") -> Fact:
        key = f"{name}_{environment}" if environment else name
        return Fact(states.get(key, states.get(name, "done")), f"why {key}")

    environments = tuple(
        EnvironmentFacts(environment, profile, {name: fact(name, environment) for name in names})
        for environment, names in OF_ENVIRONMENTS.items()
    )
    return Facts("shop", {name: fact(name) for name in OF_REPOSITORY}, environments)


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ({}, FINISHED),
        ({"credentials": "missing"}, "next: step 1, aws sso login --profile shop-dev"),
        ({"credentials_staging": "missing"}, "next: step 1, aws sso login --profile shop-staging"),
        ({"repository": "missing", "ids": "missing"}, "next: step 2, create it empty on GitHub"),
        ({"ids": "missing"}, "next: step 3, mlops github ids --apply"),
        ({"app": "missing", "deploy": "missing"}, "next: step 4, create it and install it"),
        ({"bootstrap": "missing", "deploy": "missing"}, "next: step 5, mlops bootstrap -e dev"),
        ({"bootstrap_staging": "missing", "deploy": "missing"}, "next: step 5, mlops bootstrap -e staging"),
        ({"deploy_production": "missing", "push": "missing"}, "next: step 6, mlops deploy -e production"),
        ({"data": "missing", "push": "missing"}, "next: step 7, mlops data put FILE -e dev"),
        ({"push": "missing", "rules": "missing"}, "next: step 8, git push origin main"),
        ({"rules": "missing", "connect": "missing"}, "next: step 9, mlops github setup --apply"),
        (
            {"notify_production": "missing", "connect": "missing"},
            "next: step 10, mlops github notify-app -e production",
        ),
        ({"connect": "missing", "version": "missing"}, "next: step 11, mlops github setup --apply --connected"),
        ({"version": "missing", "release": "missing"}, "next: step 12, mlops github deliver"),
        ({"release": "missing"}, "next: step 13, mlops approve"),
        # Without a token the steps on GitHub cannot be done, so seeing them comes first; steps in AWS can.
        ({"repository": "cannot see", "ids": "missing"}, "next: step 2, which cannot be seen: why repository"),
        ({"repository": "cannot see", "bootstrap": "missing"}, "next: step 5, mlops bootstrap -e dev"),
        # With credentials of one account the others keep nobody from going on, but from connecting.
        ({"deploy_staging": "cannot see", "deploy_production": "missing"}, "next: step 6, mlops deploy -e production"),
        ({"deploy_staging": "cannot see", "push": "missing"}, "next: step 8, git push origin main"),
        (
            {"deploy_staging": "cannot see", "connect": "missing"},
            "next: step 6, which cannot be seen: why deploy",
        ),
        ({"release": "cannot see"}, "next: step 13, which cannot be seen: why release_production"),
    ],
)
def test_the_next_step(states: dict[str, State], line: str) -> None:
    assert next_line(progress(facts(**states))).startswith(line)


def test_steps_come_in_order_once_for_each_environment_that_has_them() -> None:
    found = [(one.step.number, one.environment) for one in progress(facts())]
    assert found == sorted(found, key=lambda one: one[0])
    assert [environment for number, environment in found if number == step("notify").number] == ["dev", "production"]
    assert [environment for number, environment in found if number == step("data").number] == ["dev"]


def test_a_command_chooses_the_profile_that_the_facts_were_seen_with() -> None:
    found = progress(facts(profile="shop-dev", bootstrap="missing"))
    assert next_line(found) == "next: step 5, AWS_PROFILE=shop-dev mlops bootstrap -e dev"
    assert next_line(progress(facts(profile="shop-dev", push="missing"))) == "next: step 8, git push origin main"


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell with neither credentials nor a token, in which no client was made yet."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    target_module._client.cache_clear()
    for name in (*TOKEN_VARIABLES, "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ENVIRONMENTS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("nothing")
def test_with_nothing_at_all_the_first_step_is_next_and_nothing_fails() -> None:
    found = walk(target_of("dev").settings)
    assert found.next_line == "next: step 1, aws sso login --profile purchase-intent-dev".replace(
        "purchase-intent", target_of("dev").settings.project
    )
    states = {(one.step.name, one.environment): one.fact.state for one in found.progress}
    assert states["repository", ""] == "cannot see"
    assert states["deploy", "production"] == "cannot see"
    assert found.findings == []


@pytest.mark.usefixtures("nothing")
def test_without_credentials_every_command_names_step_1() -> None:
    with pytest.raises(DeliveryError, match=r"Do step 1 of FIRST-CONTACT.md first: aws sso login --profile .*-dev"):
        check_account(target_of("dev"))


@pytest.mark.usefixtures("nothing")
def test_without_a_token_the_repository_cannot_be_seen_but_its_ids_in_the_file_can() -> None:
    settings = target_of("dev").settings
    ids = {"owner_id": 1, "repository_id": 2}
    known = settings.model_copy(update={"github": settings.github.model_copy(update=ids)})
    found = github_facts(known, None)
    assert (found["repository"].state, found["ids"].state, found["push"].state) == ("cannot see", "done", "cannot see")
    assert "GITHUB_TOKEN" in found["repository"].text


def in_account(target: Target, account: str) -> Target:
    return replace(target, environment=target.environment.model_copy(update={"account": account}))


@pytest.mark.usefixtures("nothing")
def test_a_profile_that_does_not_exist_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    (seen,) = facts_of_all([target_of("dev")])
    assert seen.facts.facts["credentials"].state == "missing"
    assert "nobody" in seen.facts.facts["credentials"].text


class Account:
    """Security Token Service of one account; every other service is not there."""

    def __init__(self, account: str) -> None:
        self.account = account

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account, "Arn": f"arn:aws:iam::{self.account}:user/me"}


@pytest.mark.usefixtures("nothing")
def test_with_credentials_of_one_account_the_others_are_unseen_and_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
    targets = [in_account(target_of(name), account) for name, account in accounts.items()]
    monkeypatch.setattr(type(targets[0]), "client", lambda *_: Account("111111111111"))
    monkeypatch.setattr(aws_facts, "_checks", lambda _: {"bootstrap": lambda _: Fact("done", "version 30")})
    seen = [one.facts for one in facts_of_all(targets)]
    assert [facts.facts["credentials"].state for facts in seen] == ["done", "cannot see", "cannot see"]
    assert seen[1].facts["bootstrap"].state == "cannot see"


def test_a_profile_of_the_documented_name_is_used_where_the_shell_has_other_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = target_of("staging")
    profile = f"{target.settings.project}-staging"
    config = tmp_path / "config"
    config.write_text(f"[profile {profile}]\nregion = eu-west-1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    accounts = {"": "999999999999", profile: target.environment.account}
    monkeypatch.setattr(type(target), "client", lambda self, _: Account(accounts[self.profile]))
    monkeypatch.setattr(aws_facts, "_checks", lambda _: {})
    (seen,) = facts_of_all([target])
    assert seen.target is not None
    assert seen.facts.profile == profile
    assert profile in seen.facts.facts["credentials"].text


def headings(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [f"{number} {title}" for number, title in re.findall(r"^## Step (\d+)\. (.+)$", text, re.MULTILINE)]


def test_the_page_has_these_steps_in_this_order() -> None:
    assert headings(PAGE) == [f"{one.number} {one.title}" for one in PATH]


def test_the_readme_lists_the_same_steps_with_their_sections() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^(\d+)\. \[(.+?)\]\(FIRST-CONTACT\.md#(.+?)\)", text, re.MULTILINE)
    expected = [(str(one.number), one.title, anchor(f"Step {one.number}. {one.title}")) for one in PATH]
    assert found == expected


def anchor(heading: str) -> str:
    """The name that GitHub gives a heading: lower case, hyphens, no punctuation."""
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def test_each_section_says_how_to_see_that_it_worked_and_what_to_do_if_not() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    for section in (one for one in sections if one.startswith("Step ")):
        for words in ("**It worked if**", "**Costs**", "**If it did not**"):
            assert words in section, (words, section.splitlines()[0])


def test_the_start_training_function_knows_the_number_of_the_data_step() -> None:
    """Lambda functions import nothing of the commands, so the number is written twice."""
    source = inspect.getsource(decision)
    assert f"step {step('data').number} of {PAGE}: mlops data put" in source
    assert do_first("data", "dev").startswith(f"Do step {step('data').number} of {PAGE} first: mlops data put")
