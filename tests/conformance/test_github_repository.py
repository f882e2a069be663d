"""What we believe about a GitHub repository, its OpenID Connect subject, and its tokens."""

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.github_target import GitHubTarget
from tests.conformance.observations import Matching, Observe

REST = "https://docs.github.com/rest"
SUBJECT = "/actions/oidc/customization/sub"
IMMUTABLE = "https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/"


@belief(f"{REST}/repos/repos#get-a-repository")
def test_ids(github: GitHubTarget, observe: Observe) -> None:
    """A repository and its owner have numbers, which stay when they are renamed."""
    about = github.about()
    observe("repository", isinstance(about["id"], int), documented=True)
    observe("owner", isinstance(about["owner"]["id"], int), documented=True)
    observe("kind of owner", about["owner"]["type"], documented=Matching("^(User|Organization)$"))


@belief(IMMUTABLE)
def test_a_new_repository_has_an_immutable_subject(github: GitHubTarget, observe: Observe) -> None:
    """The tokens of a repository that was created after 2026-07-15 have the default subject with both ids."""
    found = github.done("GET", SUBJECT)
    observe("default", found["use_default"], documented=True)
    observe("immutable", found.get("use_immutable_subject"), documented=True)


@belief(ASSUMED)
def test_the_prefix_of_the_subject(github: GitHubTarget, observe: Observe) -> None:
    """The subject's settings say what it begins with, the ids among it, as answers that are quoted in public do."""
    about = github.about()
    owner, name = f"{about['owner']['login']}@{about['owner']['id']}", f"{about['name']}@{about['id']}"
    observe("prefix", github.done("GET", SUBJECT).get("sub_claim_prefix"), documented=f"repo:{owner}/{name}")


@belief(f"{REST}/authentication/authenticating-to-the-rest-api")
def test_a_token_that_is_none(github: GitHubTarget, observe: Observe) -> None:
    """A token that GitHub does not know is refused with 401 and "Bad credentials"."""
    found = github.ask("GET", "/issues", token="ghs_" + "0" * 36)
    observe("status", found.status, documented=401)
    observe("message", found.content["message"], documented="Bad credentials")


@belief(f"{REST}/repos/repos#list-codeowners-errors")
def test_owners_that_are_none(github: GitHubTarget, observe: Observe) -> None:
    """A line of CODEOWNERS whose owner has no @ is an error of the kind "Invalid owner"."""
    found = github.ask("GET", "/contents/.github/CODEOWNERS")
    members = {"sha": found.content["sha"]} if found.status == 200 else {}
    github.write("main", ".github/CODEOWNERS", "* somebody\n", **members)
    errors = github.eventually(lambda: github.done("GET", "/codeowners/errors")["errors"])
    observe("kind", errors[0]["kind"], documented="Invalid owner")
    observe("line", errors[0]["line"], documented=1)
    observe("path", errors[0]["path"], documented=".github/CODEOWNERS")


@belief(f"{REST}/actions/permissions#get-default-workflow-permissions-for-a-repository")
def test_rights_of_workflows(github: GitHubTarget, observe: Observe) -> None:
    """The built-in token of a new repository reads, and does not open or approve pull requests."""
    found = github.done("GET", "/actions/permissions/workflow")
    observe("rights", found["default_workflow_permissions"], documented="read")
    observe("requests", found["can_approve_pull_request_reviews"], documented=False)
