"""GitHub's answers to the calls of `Repository`, in memory: branches with one parent each, requests, comments."""

import base64
import hashlib
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from sagemaker_mlops.delivery.github.client import GitHubClient, GitHubError
from sagemaker_mlops.delivery.github.repository import Repository

FULL_NAME = "owner/shop"


class FakeGitHub:
    """One repository; `login` is the token's account."""

    owner, repository = "owner", "shop"

    def __init__(self, login: str = "shop-delivery[bot]") -> None:
        self.login = login
        self.commits: dict[str, tuple[str, dict[str, str]]] = {}
        self.branches = {"main": self.commit("", {})}
        self.pulls: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.merged: list[tuple[int, str]] = []

    def as_repository(self, delivery_login: str = "") -> Repository:
        """The repository, as the commands use it."""
        return Repository(cast(GitHubClient, self), delivery_login or self.login)

    def own_login(self) -> str:
        return self.login

    def commit(self, parent: str, files: dict[str, str]) -> str:
        name = hashlib.sha256(f"{parent}{sorted(files.items())}".encode()).hexdigest()[:40]
        self.commits[name] = (parent, files)
        return name

    def push(self, branch: str, **files: str) -> str:
        """Commit files to a branch, as somebody with write access does; `_` stands for `/` in no name here."""
        parent = self.branches.get(branch, self.branches["main"])
        self.branches[branch] = self.commit(parent, {**self.commits[parent][1], **files})
        return self.branches[branch]

    def open(self, branch: str, author: str, *, fork: str = "") -> dict[str, Any]:
        """A pull request by somebody, from a branch here or in a fork."""
        owner = fork or self.owner
        head = {
            "ref": branch,
            "sha": self.branches.get(branch, ""),
            "label": f"{owner}:{branch}",
            "repo": {"full_name": f"{owner}/shop"},
        }
        number = len(self.pulls) + 1
        url = f"https://github.com/{FULL_NAME}/pull/{number}"
        pull = {"number": number, "html_url": url, "head": head, "user": {"login": author}}
        self.pulls.append({**pull, "state": "open", "merged_at": None, "title": f"by {author}"})
        return self.pulls[-1]

    def find(self, path: str) -> Any:
        try:
            return self.request("GET", path)
        except GitHubError as error:
            if error.status == 404:
                return None
            raise

    def pages(self, path: str) -> list[Any]:
        return cast(list[Any], self.request("GET", path))

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = [unquote(word) for word in parts.path.strip("/").split("/")]
        return getattr(self, f"_{words[0]}")(method, words[1:], query, body or {})

    def _sha(self, name: str) -> str:
        found = self.branches.get(name) or (name if name in self.commits else None)
        if found is None:
            raise GitHubError(f"404: {name}", 404)
        return found

    def _git(self, method: str, words: list[str], _query: Any, body: dict[str, Any]) -> Any:
        if method == "POST":
            self.branches[body["ref"].removeprefix("refs/heads/")] = body["sha"]
            return None
        branch = "/".join(words[2:])
        if method == "GET":
            return {"object": {"sha": self._sha(branch)}}
        if method == "DELETE":
            del self.branches[branch]
        else:
            self.branches[branch] = body["sha"]
        return None

    def _contents(self, method: str, words: list[str], query: dict[str, str], body: dict[str, Any]) -> Any:
        path = "/".join(words)
        if method == "PUT":
            self.push(body["branch"], **{path: base64.b64decode(body["content"]).decode()})
            return None
        files = self.commits[self._sha(query["ref"])][1]
        if path not in files:
            raise GitHubError(f"404: {path}", 404)
        return {"content": base64.b64encode(files[path].encode()).decode(), "sha": "blob"}

    def _compare(self, _method: str, words: list[str], _query: Any, _body: Any) -> Any:
        first, second = (self._sha(name) for name in "/".join(words).split("..."))
        base = next(one for one in self._line(second) if one in self._line(first))
        before, after = self.commits[base][1], self.commits[second][1]
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        status = "identical" if first == second else "ahead" if base == first else "diverged"
        return {
            "status": status,
            "merge_base_commit": {"sha": base},
            "files": [{"filename": name} for name in changed],
        }

    def _line(self, commit: str) -> list[str]:
        found = []
        while commit:
            found.append(commit)
            commit = self.commits[commit][0]
        return found

    def _pulls(self, method: str, words: list[str], query: dict[str, str], body: dict[str, Any]) -> Any:
        if method == "POST":
            label = f"{self.owner}:{body['head']}"
            if any(pull["head"]["label"] == label and pull["state"] == "open" for pull in self.pulls):
                raise GitHubError("422: A pull request already exists", 422)
            return {**self.open(body["head"], self.login), "title": body["title"]}
        if method == "PUT":
            pull = self.pulls[int(words[0]) - 1]
            if body["sha"] != self.branches[pull["head"]["ref"]]:
                raise GitHubError("409: Head branch was modified", 409)
            self.merged.append((pull["number"], body["sha"]))
            return None
        if method == "PATCH":
            self.pulls[int(words[0]) - 1].update(body)
            return None
        wanted = query.get("head", "")
        found = [pull for pull in reversed(self.pulls) if wanted in ("", pull["head"]["label"])]
        return [pull for pull in found if query["state"] in ("all", pull["state"])]

    def _issues(self, method: str, words: list[str], _query: Any, body: dict[str, Any]) -> Any:
        if words[1:] == ["comments"]:
            number = int(words[0])
            if method == "POST":
                self.say(number, body["body"], self.login)
            return [one for one in self.comments if one["of"] == number]
        if method == "POST":
            return self.report(body["body"], self.login)
        return self.issues

    def report(self, body: str, author: str) -> dict[str, Any]:
        """An issue by somebody."""
        issue = {"number": 100 + len(self.issues), "html_url": "url", "title": "t", "body": body}
        self.issues.append({**issue, "user": {"login": author}})
        return self.issues[-1]

    def say(self, number: int, body: str, author: str) -> None:
        """A comment by somebody."""
        self.comments.append({"id": len(self.comments), "of": number, "body": body, "user": {"login": author}})
