"""Interface between localcloud's services and their host. on_ministack/host.py implements it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from localcloud.scope import Scope


class Host(Protocol):
    """The host of localcloud's services: events, logs, clients, IAM and threads."""

    def emit(self, scope: Scope, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        """Put an event of an AWS service on the default EventBridge bus."""

    def log(self, scope: Scope, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines to a CloudWatch Logs stream, and create the stream if needed.

        Each line is a pair of a timestamp in milliseconds since 1970 and a text.
        """

    def client(self, scope: Scope, service: str, role_arn: str | None = None) -> Any:
        """Return a boto3 client for an account and region, acting as the account itself or as a role."""

    def environment(self, scope: Scope, role_arn: str | None = None) -> dict[str, str]:
        """Return the environment variables with which a container reaches this cloud."""

    def authorize(self, scope: Scope, role_arn: str, action: str, resource: str, **context: str) -> None:
        """Raise AwsError unless a role may perform an action on a resource.

        `context` holds condition keys, such as `iam:PassedToService`, and their values.
        """

    def caller_arn(self, scope: Scope) -> str:
        """Return the ARN of the principal of the current request, or that of the account if it is unknown."""

    def policy_allows(self, policy: str, principal_arn: str, action: str, resource: str) -> bool:
        """Return True if a resource policy allows a principal an action."""

    def authorize_pull(self, scope: Scope, role_arn: str, image_uri: str) -> None:
        """Raise AwsError unless a role may pull an image.

        The role's policies must allow it, and for a repository of another account the repository policy as well.
        """

    def trust_policy(self, role_arn: str) -> str | dict[str, Any] | None:
        """Return the trust policy of a role, or None if there is no such role."""

    def start_thread(self, scope: Scope, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in a background thread, within a scope."""
