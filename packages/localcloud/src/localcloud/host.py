"""What localcloud's services ask of the cloud that hosts them; on_ministack/host.py gives it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from localcloud.scope import Scope


class Host(Protocol):
    """The hosting cloud."""

    def emit(self, scope: Scope, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        """Put an AWS event on the default EventBridge bus."""

    def log(self, scope: Scope, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines (milliseconds since 1970, text) to a CloudWatch Logs stream, making it if needed."""

    def client(self, scope: Scope, service: str, role_arn: str | None = None) -> Any:
        """A boto3 client of this cloud for one account and region: as the account itself, or as a role."""

    def environment(self, scope: Scope, role_arn: str | None = None) -> dict[str, str]:
        """Variables with which a container reaches this cloud."""

    def authorize(self, scope: Scope, role_arn: str, action: str, resource: str, **context: str) -> None:
        """Raise AwsError unless a role may do something. `context`: condition keys, with `_` for `:`."""

    def caller_arn(self, scope: Scope) -> str:
        """The principal of the request that is being answered; the account itself where none is known."""

    def policy_allows(self, policy: str, principal_arn: str, action: str, resource: str) -> bool:
        """True if a resource's policy allows a principal an action."""

    def authorize_pull(self, scope: Scope, role_arn: str, image_uri: str) -> None:
        """Raise AwsError unless a role may pull an image: by its own policies and, of another account, by ECR's."""

    def trust_policy(self, role_arn: str) -> str | dict[str, Any] | None:
        """The trust policy of a role, or None if there is no such role."""

    def start_thread(self, scope: Scope, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in the background, within a scope."""
