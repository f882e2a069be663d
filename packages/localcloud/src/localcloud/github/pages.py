"""Plain-text pages: runs and their logs, pull requests and issues."""

from localcloud.github.answers import Answer
from localcloud.github.service import GitHub

SHOWN_RUNS = 20


def page(github: GitHub, path: str) -> Answer:
    """Return the page at a path such as /owner/name/pull/3 as plain text."""
    words = path.strip("/").split("/")[2:]
    kinds = {"pull": "pull", "issues": "issue"}
    if len(words) == 2 and words[0] in kinds and words[1].isdecimal():
        return _conversation(github, kinds[words[0]], int(words[1]))
    if len(words) == 3 and words[:2] == ["actions", "runs"] and words[2].isdecimal():
        path_of_log = github.runner.log_path(int(words[2]))
        return Answer(200, path_of_log.read_text(encoding="utf-8")) if path_of_log.exists() else _missing(path)
    return _overview(github) if not words else _missing(path)


def _missing(path: str) -> Answer:
    return Answer(404, f"nothing is at {path}\n")


def _conversation(github: GitHub, kind: str, number: int) -> Answer:
    found = github.records.get(kind, number)
    if found is None:
        return _missing(f"{kind} {number}")
    state = "merged" if found.get("merged_at") else found["state"]
    comments = [one["body"] for one in reversed(github.records.all("comment")) if one["conversation"] == number]
    parts = [
        f"{kind} {number}, {state}: {found['title']}",
        found["body"],
        *(f"--- comment\n{text}" for text in comments),
    ]
    return Answer(200, "\n\n".join(parts) + "\n")


def _overview(github: GitHub) -> Answer:
    lines = [f"repository: {github.repository.directory}", "", "workflow runs, newest first:"]
    for run in github.records.all("run")[:SHOWN_RUNS]:
        state = run["conclusion"] or run["status"]
        lines.append(f"  {run['number']:>4} {run['workflow']:<14} {run['event']:<18} {state}")
    for kind, title in (("pull", "open pull requests"), ("issue", "open issues")):
        lines += ["", f"{title}:"]
        for found in github.records.all(kind):
            if found["state"] == "open":
                lines.append(f"  {found['number']:>4} {found['title']}  {found['html_url']}")
    return Answer(200, "\n".join(lines) + "\n")
