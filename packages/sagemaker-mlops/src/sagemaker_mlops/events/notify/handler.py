"""Lambda handler that starts at most one workflow for an EventBridge event."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parameters import get_secret

from ..shared.settings import setting
from .dispatch import dispatch_of
from .github import GitHub
from .installation_token import App, InstallationTokens
from .rest import GitHubRefused, Rest
from .secret import SecretNotFilled, parse_secret

logger = Logger()
# Seconds after which a changed secret is used; no deployment is needed.
SECRET_SECONDS = 60


@cache
def _rest() -> Rest:
    return Rest(setting("GITHUB_API_URL"), setting("GITHUB_OWNER"), setting("GITHUB_REPOSITORY"))


@cache
def _tokens() -> InstallationTokens:
    return InstallationTokens(_rest())


def _token() -> str:
    name = setting("GITHUB_SECRET")
    found = parse_secret(str(get_secret(name, max_age=SECRET_SECONDS)), name)
    return _tokens().token(found) if isinstance(found, App) else found


@logger.inject_lambda_context
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Start the workflow of an event.

    If an exception is raised, Lambda retries the event and then sends it to the dead-letter queue.
    """
    dispatch = dispatch_of(event, setting("ENVIRONMENT"))
    if dispatch is None:
        logger.info("starts nothing", extra={"event_id": event["id"]})
        return {"workflow": None}
    try:
        token = _token()
    except SecretNotFilled:
        if not dispatch.is_optional:
            raise
        logger.info("starts nothing: GitHub is not set up", extra={"workflow": dispatch.workflow})
        return {"workflow": None}
    try:
        GitHub(_rest()).start(dispatch, token)
    except GitHubRefused:
        _tokens.cache_clear()  # the App's token may have been revoked; Lambda's next attempt requests a new one
        raise
    logger.info("started", extra={"workflow": dispatch.workflow, "inputs": dict(dispatch.inputs)})
    return {"workflow": dispatch.workflow, "inputs": dict(dispatch.inputs)}
