"""ministack in this process: events, logs, clients, and the SageMaker service plugged into it.

Import it only after `configure`: ministack reads its settings from the environment while it is imported.
"""

import asyncio
import contextvars
import json
import logging
import os
import sys
import types
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.on_ministack.identity import Identity
from localcloud.on_ministack.resource_policies import (
    pull_actions,
    require_repository_policy,
    resource_policy_allows,
)
from localcloud.scope import Scope

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Scope, str, str, dict[str, str], bytes], Answer]
LOOPBACK = "127.0.0.1"
SECRET = "localcloud"
MOST_REQUESTS = 256
log = logging.getLogger("localcloud")


def configure(port: int, directory: Path, *, iam: bool = False) -> None:
    """Set what ministack reads while it is imported: loopback only, state on disk, no MQTT listener."""
    os.environ |= {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(directory / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(directory / "s3"),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "AUTH": "true" if iam else "false",
        "LOG_LEVEL": os.environ.get("LOCALCLOUD_LOG_LEVEL", "WARNING"),
    }


class MinistackHost:
    """Implements `localcloud.host.Host` on ministack in this process."""

    def __init__(self, port: int, identity: Identity) -> None:
        self.identity = identity
        self._making_clients = Lock()
        self.url = f"http://{LOOPBACK}:{port}"

    def emit(self, scope: Scope, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        """Put an event as the service itself would; callers of PutEvents may not use `aws.` sources."""
        from ministack.core.responses import request_scope
        from ministack.services import eventbridge

        entry = {
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps({key: value for key, value in detail.items() if value is not None}),
            "Resources": resources,
        }
        put_events: Any = eventbridge._put_events
        with request_scope(scope.account, scope.region):
            put_events({"Entries": [entry]}, allow_aws_source=True)

    def log(self, scope: Scope, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines to a log stream, making group and stream if needed."""
        client = self.client(scope, "logs")
        place = {"logGroupName": group, "logStreamName": stream}
        events = [{"timestamp": milliseconds, "message": line} for milliseconds, line in lines]
        try:
            client.put_log_events(**place, logEvents=events)
        except client.exceptions.ResourceNotFoundException:
            with suppress(client.exceptions.ResourceAlreadyExistsException):
                client.create_log_group(logGroupName=group)
            with suppress(client.exceptions.ResourceAlreadyExistsException):
                client.create_log_stream(**place)
            client.put_log_events(**place, logEvents=events)
        except (ClientError, BotoCoreError):
            log.exception("a log line was lost")

    @lru_cache(maxsize=128)  # noqa: B019  (one host per process, so nothing is kept alive)
    def client(self, scope: Scope, service: str, role_arn: str | None = None) -> Any:
        """A boto3 client of this cloud: as the account itself, or as a role."""
        credentials = self._credentials(scope, role_arn)
        with self._making_clients:  # boto3 makes clients of one session in one thread at a time
            return boto3.client(
                service,
                endpoint_url=self.url,
                region_name=scope.region,
                aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
                config=Config(retries={"max_attempts": 2}, max_pool_connections=20),
            )

    def _credentials(self, scope: Scope, role_arn: str | None) -> dict[str, str]:
        if role_arn is None or not self.identity.enforced:
            return {"AWS_ACCESS_KEY_ID": scope.account, "AWS_SECRET_ACCESS_KEY": SECRET}
        return self.identity.credentials(scope, role_arn)

    def authorize(self, scope: Scope, role_arn: str, action: str, resource: str, **context: str) -> None:
        """Raise AccessDeniedException unless a role may do something; without enforcement it may."""
        if self.identity.enforced:
            self.identity.authorize(scope, role_arn, action, resource, context)

    def caller_arn(self, scope: Scope) -> str:
        """The principal of the request that is being answered; the account itself where none is known."""
        return self.identity.caller_arn(scope)

    def policy_allows(self, policy: str, principal_arn: str, action: str, resource: str) -> bool:
        """True if a resource's policy allows a principal an action."""
        return resource_policy_allows(policy, principal_arn, action, resource)

    def authorize_pull(self, scope: Scope, role_arn: str, image_uri: str) -> None:
        """Raise AwsError unless a role may pull an image: by its own policies and, of another account, by ECR's."""
        for action, repository in pull_actions(image_uri):
            self.authorize(scope, role_arn, action, repository)
            require_repository_policy(scope, role_arn, action, repository)

    def trust_policy(self, role_arn: str) -> str | dict[str, Any] | None:
        """The trust policy of a role, or None if there is no such role."""
        from ministack.core.responses import request_scope
        from ministack.services import iam

        with request_scope(role_arn.split(":")[4], "us-east-1"):
            role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
        if role is None or role["Arn"] != role_arn:
            return None
        document: str | dict[str, Any] = role["AssumeRolePolicyDocument"]
        return document

    def environment(self, scope: Scope, role_arn: str | None = None) -> dict[str, str]:
        """Variables with which a container reaches this cloud, as AWS's own are set in a container."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": scope.region,
            "AWS_DEFAULT_REGION": scope.region,
            **self._credentials(scope, role_arn),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start_thread(self, scope: Scope, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in the background, within a scope."""
        from ministack.core.responses import request_scope

        def run() -> None:
            try:
                with request_scope(scope.account, scope.region):
                    function(*arguments)
            except Exception:
                log.exception("background work failed: %s", getattr(function, "__qualname__", function))

        Thread(target=run, daemon=True).start()


def add_service(name: str, target_prefix: str, handler: Handler, reset: Callable[[], None]) -> None:
    """Let ministack route a service to a handler; the handler runs in a thread, so it may wait."""
    from ministack import app
    from ministack.core import responses, router
    from ministack.core.responses import get_account_id, get_region

    # A model may sleep; neither other requests nor the other services wait for it.
    pool = ThreadPoolExecutor(max_workers=MOST_REQUESTS, thread_name_prefix=name)

    async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, _query: object) -> Answer:
        scope, context = Scope(get_account_id(), get_region()), contextvars.copy_context()
        run = partial(context.run, handler, scope, method, path, headers, body)
        return await asyncio.get_running_loop().run_in_executor(pool, run)

    module: Any = types.ModuleType(f"ministack.services.{name}")
    module.handle_request = handle_request
    module.get_state = lambda: None  # localcloud keeps its own state
    module.load_persisted_state = lambda _state: None
    module.reset = reset
    sys.modules[module.__name__] = module
    app._loaded_modules[name] = module
    app.SERVICE_REGISTRY[name] = {"module": name}
    app.SERVICE_HANDLERS[name] = handle_request
    # Without a pattern ministack loads every botocore model to recognise the service: 400 MB.
    router.SERVICE_PATTERNS[name] = {"target_prefixes": [target_prefix], "host_patterns": [], "path_prefixes": []}
    # Else it gives an endpoint's JSON the type of the API's own answers, and callers look at it.
    responses._WIRE_CT_SUCCESS_OVERRIDE[name] = "application/json"


def save_state() -> None:
    """Write ministack's state now; by itself it does so only at an orderly end."""
    from ministack import app
    from ministack.core.persistence import save_all

    save_all(app._build_persistence_save_dict())


def serve(port: int, stop: Awaitable[object], wrap: Callable[[Any], Any]) -> "asyncio.Future[None]":
    """Serve HTTP on loopback until `stop` is done; `wrap` puts another application beside ministack's."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config as HypercornConfig
    from ministack.app import app

    config = HypercornConfig()
    config.bind = [f"{LOOPBACK}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"

    async def stopped() -> None:
        await stop

    application: Any = wrap(app)
    return asyncio.ensure_future(hypercorn_serve(application, config, shutdown_trigger=stopped))
