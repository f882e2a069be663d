"""What we believe about GitHub's environments, secrets and variables."""

import base64

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.github_fixtures import GitHubFixtures
from tests.conformance.github_target import GitHubTarget
from tests.conformance.observations import Observe

REST = "https://docs.github.com/rest"
ENVIRONMENTS = f"{REST}/deployments/environments"
POLICIES = f"{REST}/deployments/branch-policies"
SECRETS = f"{REST}/actions/secrets"
VARIABLES = f"{REST}/actions/variables"


@belief(ENVIRONMENTS, creates="an environment")
def test_an_environment_that_does_not_exist(github: GitHubTarget, observe: Observe) -> None:
    """An environment that does not exist is 404, and so is making a branch policy of it."""
    path = f"/environments/{github.name('none')}"
    observe("environment", github.ask("GET", path).status, documented=404)
    found = github.ask("POST", f"{path}/deployment-branch-policies", {"name": "main"})
    observe("policy", found.status, documented=404)


@belief(POLICIES)
def test_branches_that_may_deploy(github: GitHubTarget, github_given: GitHubFixtures, observe: Observe) -> None:
    """Branch policies are patterns, listed with their ids: `main` beside `*` lets every branch deploy."""
    path = f"/environments/{github_given.environment()}/deployment-branch-policies"
    observe("before", github.done("GET", path)["total_count"], documented=0)
    made = [github.done("POST", path, {"name": name}) for name in ("main", "*")]
    found = github.done("GET", path)["branch_policies"]
    observe("names", sorted(policy["name"] for policy in found), documented=["*", "main"])
    for policy in made:
        observe(f"removed {policy['name']}", github.ask("DELETE", f"{path}/{policy['id']}").status, documented=204)
    observe("after", github.done("GET", path)["total_count"], documented=0)


@belief(SECRETS)
def test_the_key_of_secrets(github: GitHubTarget, github_given: GitHubFixtures, observe: Observe) -> None:
    """Secrets are sealed with a public key of 32 bytes, which has an id."""
    found = github.done("GET", f"/environments/{github_given.environment()}/secrets/public-key")
    observe("bytes", len(base64.b64decode(found["key"])), documented=32)
    observe("has an id", bool(found["key_id"]), documented=True)


@belief(SECRETS)
def test_a_secret_that_does_not_exist(github: GitHubTarget, github_given: GitHubFixtures, observe: Observe) -> None:
    """A secret that does not exist is 404."""
    found = github.ask("GET", f"/environments/{github_given.environment()}/secrets/NOTHING")
    observe("status", found.status, documented=404)


@belief(ASSUMED)
def test_a_secret_cannot_be_read(github: GitHubTarget, github_given: GitHubFixtures, observe: Observe) -> None:
    """A secret shows its name and times, never its value; that GitHub takes one that it cannot open is assumed."""
    path = f"/environments/{github_given.environment()}/secrets"
    key = github.done("GET", f"{path}/public-key")["key_id"]
    sealed = base64.b64encode(bytes(80)).decode()
    made = github.ask("PUT", f"{path}/CONFORMANCE", {"encrypted_value": sealed, "key_id": key})
    observe("status", made.status, documented=201)
    found = github.ask("GET", f"{path}/CONFORMANCE").content
    observe("members", sorted(found), documented=["created_at", "name", "updated_at"])


@belief(VARIABLES, creates="a variable")
def test_a_variable(github: GitHubTarget, observe: Observe) -> None:
    """A variable is made once (409), changed by its name, and read back."""
    name = f"CONFORMANCE_{github.run.upper()}"
    missing = github.ask("GET", f"/actions/variables/{name}")
    observe("missing", missing.status, documented=404)
    made = github.ask("POST", "/actions/variables", {"name": name, "value": "one"})
    github.undo(f"variable {name}", "DELETE", f"/actions/variables/{name}")
    observe("made", made.status, documented=201)
    again = github.ask("POST", "/actions/variables", {"name": name, "value": "one"})
    observe("again", again.status, documented=409)
    changed = github.ask("PATCH", f"/actions/variables/{name}", {"name": name, "value": "two"})
    observe("changed", changed.status, documented=204)
    observe("value", github.done("GET", f"/actions/variables/{name}")["value"], documented="two")
