"""What we believe about GitHub's pull requests and issues."""

from tests.conformance.beliefs import belief
from tests.conformance.github_target import MAIN, GitHubTarget
from tests.conformance.observations import Observe

REST = "https://docs.github.com/rest"
PULLS = f"{REST}/pulls/pulls"
ISSUES = f"{REST}/issues/issues"


@belief(f"{PULLS}#merge-a-pull-request", creates="branches, pull requests and issues")
def test_a_merge_of_another_commit(github: GitHubTarget, observe: Observe) -> None:
    """A request whose branch has moved since is not merged: a wrong sha is 409."""
    number = github.pull("moved")["number"]
    found = github.ask("PUT", f"/pulls/{number}/merge", {"sha": "0" * 40})
    observe("status", found.status, documented=409)
    expected = "Head branch was modified. Review and try the merge again."
    observe("message", found.content["message"], documented=expected)


@belief(f"{PULLS}#merge-a-pull-request")
def test_a_merge(github: GitHubTarget, observe: Observe) -> None:
    """A merge moves main to the commit that it answers; a request is merged once (405)."""
    pull = github.pull("merged")
    github.eventually(lambda: github.done("GET", f"/pulls/{pull['number']}").get("mergeable"))
    found = github.done("PUT", f"/pulls/{pull['number']}/merge", {"sha": pull["head"]["sha"]})
    observe("merged", found["merged"], documented=True)
    observe("main", github.head() == found["sha"], documented=True)
    again = github.ask("PUT", f"/pulls/{pull['number']}/merge", {})
    observe("again", again.status, documented=405)
    closed = github.done("GET", f"/pulls/{pull['number']}")
    observe("state", closed["state"], documented="closed")
    observe("has a time", closed["merged_at"] is not None, documented=True)


@belief(f"{PULLS}#merge-a-pull-request")
def test_a_conflict(github: GitHubTarget, observe: Observe) -> None:
    """A request that conflicts with main is not merged (405)."""
    file = f"{github.name('conflict')}.txt"
    numbers = []
    for side in ("left", "right"):
        branch = github.branch(side)
        github.write(branch, file, side)
        numbers.append(github.opened(branch)["number"])
    github.eventually(lambda: github.done("GET", f"/pulls/{numbers[0]}").get("mergeable"))
    github.done("PUT", f"/pulls/{numbers[0]}/merge", {})
    found = github.ask("PUT", f"/pulls/{numbers[1]}/merge", {})
    observe("status", found.status, documented=405)


@belief(f"{PULLS}#create-a-pull-request")
def test_a_second_request(github: GitHubTarget, observe: Observe) -> None:
    """A second open request of one branch is refused with 422."""
    branch = github.pull("twice")["head"]["ref"]
    found = github.ask("POST", "/pulls", {"title": "again", "head": branch, "base": MAIN})
    observe("status", found.status, documented=422)
    observe("reason", "A pull request already exists for " in found.text, documented=True)


@belief(f"{PULLS}#create-a-pull-request")
def test_a_request_without_a_change(github: GitHubTarget, observe: Observe) -> None:
    """A request of a branch that has no commits of its own is refused with 422."""
    found = github.ask("POST", "/pulls", {"title": "same", "head": github.branch("same"), "base": MAIN})
    observe("status", found.status, documented=422)
    observe("reason", "No commits between main and " in found.text, documented=True)


@belief(f"{PULLS}#list-pull-requests")
def test_requests_of_a_branch(github: GitHubTarget, observe: Observe) -> None:
    """Requests are listed by `owner:branch`; a branch of that name in another repository is none of them."""
    branch = github.pull("listed")["head"]["ref"]
    found = github.done("GET", f"/pulls?state=open&head={github.owner}:{branch}")
    observe("own", [pull["head"]["label"] for pull in found], documented=[f"{github.owner}:{branch}"])
    observe("another's", github.done("GET", f"/pulls?state=open&head=octocat:{branch}"), documented=[])


@belief(ISSUES)
def test_requests_are_issues(github: GitHubTarget, observe: Observe) -> None:
    """Issues and requests count together, and a list of issues has the requests, with the member pull_request."""
    issue = github.done("POST", "/issues", {"title": github.name("issue"), "body": "text"})
    pull = github.pull("counted")
    observe("next number", pull["number"] - issue["number"], documented=1)
    listed = {one["number"]: one for one in github.done("GET", "/issues?state=open&per_page=100")}
    observe("issue", "pull_request" in listed[issue["number"]], documented=False)
    observe("request", "pull_request" in listed.get(pull["number"], {}), documented=True)


@belief(ISSUES)
def test_an_issue(github: GitHubTarget, observe: Observe) -> None:
    """An issue names its author, and is listed as open until it is closed."""
    issue = github.done("POST", "/issues", {"title": github.name("closed"), "body": "text"})
    observe("state", issue["state"], documented="open")
    observe("author has a name", bool(issue["user"]["login"]), documented=True)
    github.done("PATCH", f"/issues/{issue['number']}", {"state": "closed"})
    numbers = [one["number"] for one in github.done("GET", "/issues?state=open&per_page=100")]
    observe("listed", issue["number"] in numbers, documented=False)


@belief(f"{REST}/issues/labels")
def test_labels(github: GitHubTarget, observe: Observe) -> None:
    """Labels are given by name and answered as objects."""
    issue = github.done("POST", "/issues", {"title": github.name("labelled"), "labels": ["conformance"]})
    github.done("PATCH", f"/issues/{issue['number']}", {"state": "closed"})
    observe("names", [label["name"] for label in issue["labels"]], documented=["conformance"])


@belief(f"{REST}/issues/comments")
def test_comments(github: GitHubTarget, observe: Observe) -> None:
    """Comments of a request are comments of an issue, oldest first, and are changed by their own id."""
    number = github.pull("commented")["number"]
    ids = [github.done("POST", f"/issues/{number}/comments", {"body": text})["id"] for text in ("one", "two")]
    github.done("PATCH", f"/issues/comments/{ids[0]}", {"body": "changed"})
    found = github.done("GET", f"/issues/{number}/comments")
    observe("bodies", [comment["body"] for comment in found], documented=["changed", "two"])
    missing = github.ask("POST", "/issues/99999999/comments", {"body": "x"})
    observe("of no issue", missing.status, documented=404)
