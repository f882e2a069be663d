"""What we believe about GitHub's branches, their protection, and files."""

import base64

from tests.conformance.beliefs import belief
from tests.conformance.github_target import MAIN, GitHubTarget
from tests.conformance.observations import Matching, Observe

REST = "https://docs.github.com/rest"
PROTECTION = f"{REST}/branches/branch-protection"
CONTENTS = f"{REST}/repos/contents"
RULES = {
    "required_status_checks": {"strict": False, "checks": [{"context": "pass"}]},
    "enforce_admins": False,
    "required_pull_request_reviews": {"require_code_owner_reviews": True, "required_approving_review_count": 1},
    "restrictions": None,
}


@belief(PROTECTION)
def test_a_branch_that_does_not_exist(github: GitHubTarget, observe: Observe) -> None:
    """Protecting a branch that does not exist is refused with 404, not with a word about the plan."""
    found = github.ask("PUT", f"/branches/{github.name('none')}/protection", RULES)
    observe("status", found.status, documented=404)
    observe("message", found.content["message"], documented="Branch not found")


@belief(PROTECTION)
def test_a_branch_without_protection(github: GitHubTarget, observe: Observe) -> None:
    """The protection of a branch that has none is 404 and "Branch not protected"."""
    found = github.ask("GET", f"/branches/{github.branch('bare')}/protection")
    observe("status", found.status, documented=404)
    observe("message", found.content["message"], documented="Branch not protected")


@belief(PROTECTION)
def test_protection_is_answered_in_another_form(github: GitHubTarget, observe: Observe) -> None:
    """Protection is set with booleans and answered with objects."""
    name = github.branch("guarded")
    github.done("PUT", f"/branches/{name}/protection", RULES)
    found = github.done("GET", f"/branches/{name}/protection")
    github.done("DELETE", f"/branches/{name}/protection")
    observe("administrators", found["enforce_admins"]["enabled"], documented=False)
    reviews = found["required_pull_request_reviews"]
    observe("code owners", reviews["require_code_owner_reviews"], documented=True)
    checks = [check["context"] for check in found["required_status_checks"]["checks"]]
    observe("checks", checks, documented=["pass"])
    observe("has restrictions", "restrictions" in found, documented=False)


@belief(f"{REST}/git/refs#create-a-reference")
def test_a_branch_that_exists(github: GitHubTarget, observe: Observe) -> None:
    """Making a branch that exists is refused with 422."""
    found = github.ask("POST", "/git/refs", {"ref": f"refs/heads/{MAIN}", "sha": github.head()})
    observe("status", found.status, documented=422)
    observe("message", found.content["message"], documented="Reference already exists")


@belief(f"{REST}/git/refs#get-a-reference")
def test_a_reference_that_does_not_exist(github: GitHubTarget, observe: Observe) -> None:
    """The reference of a branch that does not exist is 404."""
    found = github.ask("GET", f"/git/ref/heads/{github.name('none')}")
    observe("status", found.status, documented=404)


@belief("https://github.com/suzuki-shunsuke/lock-action/pull/255")
def test_removing_a_branch_that_does_not_exist(github: GitHubTarget, observe: Observe) -> None:
    """Removing a branch that does not exist is refused with 422."""
    found = github.ask("DELETE", f"/git/refs/heads/{github.name('none')}")
    observe("status", found.status, documented=422)
    observe("message", found.content["message"], documented="Reference does not exist")


@belief(CONTENTS)
def test_a_file(github: GitHubTarget, observe: Observe) -> None:
    """A file is given and answered in base64; making it is 201, changing it 200."""
    branch = github.branch("file")
    made = github.write(branch, "conformance.txt", "one\n")
    observe("made", made.status, documented=201)
    found = github.ask("GET", f"/contents/conformance.txt?ref={branch}").content
    observe("text", base64.b64decode(found["content"]).decode(), documented="one\n")
    changed = github.write(branch, "conformance.txt", "two\n", sha=found["sha"])
    observe("changed", changed.status, documented=200)


@belief(CONTENTS)
def test_a_file_that_was_changed_meanwhile(github: GitHubTarget, observe: Observe) -> None:
    """A file is not written over with another sha than its own (409), and not without one (422)."""
    branch = github.branch("meanwhile")
    github.write(branch, "conformance.txt", "one\n")
    other = github.write(branch, "conformance.txt", "two\n", sha="0" * 40)
    observe("other sha", other.status, documented=409)
    observe("other sha: message", other.content["message"], documented=Matching(f"does not match {'0' * 40}"))
    observe("no sha", github.write(branch, "conformance.txt", "two\n").status, documented=422)


@belief(CONTENTS)
def test_a_file_that_does_not_exist(github: GitHubTarget, observe: Observe) -> None:
    """A file that does not exist is 404, on main and on a branch that does not exist."""
    observe("main", github.ask("GET", "/contents/nothing.txt").status, documented=404)
    path = f"/contents/nothing.txt?ref={github.name('none')}"
    observe("branch", github.ask("GET", path).status, documented=404)


@belief(f"{REST}/commits/commits#compare-two-commits")
def test_a_comparison(github: GitHubTarget, observe: Observe) -> None:
    """Two commits are identical, ahead, behind or diverged; the files are those since they parted."""
    before, branch = github.head(), github.branch("compared")
    observe("same", github.done("GET", f"/compare/{before}...{branch}")["status"], documented="identical")
    github.write(branch, "compared.txt", "x")
    found = github.done("GET", f"/compare/{before}...{branch}")
    observe("ahead", found["status"], documented="ahead")
    observe("files", [file["filename"] for file in found["files"]], documented=["compared.txt"])
    observe("base", found["merge_base_commit"]["sha"] == before, documented=True)
    observe("behind", github.done("GET", f"/compare/{branch}...{before}")["status"], documented="behind")
    observe("none", github.ask("GET", f"/compare/{github.name('none')}...{before}").status, documented=404)
