"""What localcloud's services ask of the cloud that hosts them. on_ministack/host.py gives it; tests give a small one."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from localcloud.scope import Scope


class Host(Protocol):
    """The hosting cloud."""

    def emit(self, scope: Scope, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        """Put an AWS event on the default EventBridge bus."""

    def log(self, scope: Scope, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines (milliseconds since 1970, text) to a CloudWatch Logs stream, making it if needed."""

    def client(self, scope: Scope, service: str) -> Any:
        """A boto3 client of this cloud for one account and region."""

    def environment(self, scope: Scope) -> dict[str, str]:
        """Variables with which a container reaches this cloud."""

    def start_thread(self, scope: Scope, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in the background, within a scope."""
