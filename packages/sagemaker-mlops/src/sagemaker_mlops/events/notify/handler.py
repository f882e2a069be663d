"""Lambda's entry: an EventBridge event in, at most one workflow start out."""

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
# A new key or token is used after this long, without a deployment.
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
    """Start the event's workflow. A failure is raised: Lambda tries again, then the dead-letter queue has it."""
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
        _tokens.cache_clear()  # the App's token may have been revoked; Lambda's next try asks for a new one
        raise
    logger.info("started", extra={"workflow": dispatch.workflow, "inputs": dict(dispatch.inputs)})
    return {"workflow": dispatch.workflow, "inputs": dict(dispatch.inputs)}
