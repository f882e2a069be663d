"""Lambda's entry: an EventBridge event in, at most one workflow start out."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parameters import get_secret

from ..shared.settings import setting
from .dispatch import dispatch_of
from .github import GitHub, GitHubRefused

logger = Logger()
# A rotated token is used after this long, without a deployment.
SECRET_SECONDS = 60
NO_TOKEN = "none"  # noqa: S105  (what the stack puts into the secret before anybody fills it)


@cache
def _github() -> GitHub:
    return GitHub(setting("GITHUB_API_URL"), setting("GITHUB_OWNER"), setting("GITHUB_REPOSITORY"))


def _token() -> str:
    token = get_secret(setting("GITHUB_SECRET"), max_age=SECRET_SECONDS)
    if not isinstance(token, str) or token.strip() in ("", NO_TOKEN):
        raise GitHubRefused(f"the secret {setting('GITHUB_SECRET')} holds no token yet; see make doctor")
    return token.strip()


@logger.inject_lambda_context
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Start the event's workflow. A failure is raised: Lambda tries again, then the dead-letter queue has it."""
    dispatch = dispatch_of(event, setting("ENVIRONMENT"))
    if dispatch is None:
        logger.info("starts nothing", extra={"event_id": event["id"]})
        return {"workflow": None}
    _github().start(dispatch, _token())
    logger.info("started", extra={"workflow": dispatch.workflow, "inputs": dict(dispatch.inputs)})
    return {"workflow": dispatch.workflow, "inputs": dict(dispatch.inputs)}
