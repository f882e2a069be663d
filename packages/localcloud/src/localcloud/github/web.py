"""HTTP interface of the stand-in for GitHub: the path /_github on localcloud's port."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

from localcloud.github import (  # noqa: F401  importing them registers their calls
    action_calls,
    app_calls,
    content_calls,
    issue_calls,
    pull_calls,
    repository_calls,
    setting_calls,
)
from localcloud.github.answers import Answer, Refused, Request
from localcloud.github.job_identity import job_credentials
from localcloud.github.pages import page
from localcloud.github.service import Fault, GitHub

PREFIX = "/_github"
Application = Callable[..., Awaitable[None]]
log = logging.getLogger("localcloud")


def with_github(application: Application, github: GitHub) -> Application:
    """Return an ASGI application that serves the stand-in for GitHub below /_github.

    All other requests are passed to `application`.
    """

    async def serve(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = await asyncio.get_running_loop().run_in_executor(None, _answer, github, scope, body)
        kind = b"text/plain; charset=utf-8" if isinstance(answer.content, str) else b"application/json"
        headers = [(b"content-type", kind), *((k.encode(), v.encode()) for k, v in answer.headers.items())]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return serve


def _answer(github: GitHub, scope: dict[str, Any], body: bytes) -> Answer:
    path = unquote(scope["path"]).removeprefix(PREFIX)
    headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
    try:
        content = json.loads(body) if body else {}
        if path.startswith("/_local/"):
            return _steer(github, path.removeprefix("/_local/"), content)
        if not path.startswith(("/repos/", "/app/", "/user")):
            return page(github, path)
        query = dict(parse_qsl(scope["query_string"].decode()))
        token = headers.get("authorization", "").partition(" ")[2]
        return github.answer(Request(scope["method"], path, query, content, token))
    except Exception as error:
        log.exception("a request of GitHub's API failed inside localcloud")
        return Answer(500, {"message": f"localcloud failed: {error!r}"})


def _steer(github: GitHub, what: str, content: dict[str, Any]) -> Answer:
    """Handle a request that GitHub's API does not have.

    These are the git hook's report of a push, the credentials of a job, the command `localcloud github --merge`, and
    the settings, Apps and errors that tests need.
    """
    if what == "pushed":
        branch = content["ref"].removeprefix("refs/heads/")
        is_branch = content["ref"].startswith("refs/heads/") and content["after"].strip("0")
        started = github.pushed(branch, content["before"], content["after"]) if is_branch else []
        return Answer(200, {"started": started})
    if what == "credentials":
        try:
            asked = (content["run"], content["job"], content["role"], content["region"])
            return Answer(200, job_credentials(github.runner, *asked))
        except Refused as refusal:
            return Answer(refusal.status, {"message": refusal.message})
    if what == "fault":
        github.fault = Fault(**content)
        return Answer(200, {})
    if what == "settings":
        for name, value in content.items():
            github.records.set_setting(name, value)
        return Answer(200, {})
    if what == "app":
        return Answer(201, github.identities.new_app(content["name"], content["permissions"]))
    if what == "merge":
        name = github.records.setting("full-name") or "localcloud/project"
        path = f"/repos/{name}/pulls/{content['number']}/merge"
        return github.answer(Request("PUT", path, {}, {}, "person"))
    return Answer(404, {"message": f"nothing is at {what}"})
