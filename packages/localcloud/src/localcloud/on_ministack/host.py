"""The host of localcloud's services: ministack in this process.

Import ministack only after `configure`, because it reads its settings from the environment when it is imported.
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
from localcloud.on_ministack.saving import unchanged
from localcloud.scope import Scope

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[Scope, str, str, dict[str, str], bytes], Answer]
LOOPBACK = "127.0.0.1"
SECRET = "localcloud"
MOST_REQUESTS = 256
log = logging.getLogger("localcloud")


def configure(port: int, directory: Path, *, iam: bool = False) -> None:
    """Set the variables that ministack reads on import: loopback only, state on disk, no MQTT listener."""
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
    """Implementation of `localcloud.host.Host` with ministack in this process."""

    def __init__(self, port: int, identity: Identity) -> None:
        self.identity = identity
        self._making_clients = Lock()
        self.url = f"http://{LOOPBACK}:{port}"

    def emit(self, scope: Scope, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
        """Put an event on the event bus as the service does. PutEvents rejects `aws.` sources of callers."""
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
        """Append lines to a log stream, and create the group and the stream if needed."""
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
        """Return a boto3 client of this cloud, acting as the account itself or as a role."""
        credentials = self._credentials(scope, role_arn)
        with self._making_clients:  # boto3 sessions are not thread-safe when they create clients
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
        """Raise AccessDeniedException unless a role may perform an action. Without enforcement it may."""
        if self.identity.enforced:
            self.identity.authorize(scope, role_arn, action, resource, context)

    def caller_arn(self, scope: Scope) -> str:
        """Return the ARN of the principal of the current request, or that of the account if it is unknown."""
        return self.identity.caller_arn(scope)

    def policy_allows(self, policy: str, principal_arn: str, action: str, resource: str) -> bool:
        """Return True if a resource policy allows a principal an action."""
        return resource_policy_allows(policy, principal_arn, action, resource)

    def authorize_pull(self, scope: Scope, role_arn: str, image_uri: str) -> None:
        """Raise AwsError unless a role may pull an image.

        The role's policies must allow it, and for a repository of another account the repository policy as well.
        """
        for action, repository in pull_actions(image_uri):
            self.authorize(scope, role_arn, action, repository)
            require_repository_policy(scope, role_arn, action, repository)

    def trust_policy(self, role_arn: str) -> str | dict[str, Any] | None:
        """Return the trust policy of a role, or None if there is no such role."""
        from ministack.core.responses import request_scope
        from ministack.services import iam

        with request_scope(role_arn.split(":")[4], "us-east-1"):
            role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
        if role is None or role["Arn"] != role_arn:
            return None
        document: str | dict[str, Any] = role["AssumeRolePolicyDocument"]
        return document

    def environment(self, scope: Scope, role_arn: str | None = None) -> dict[str, str]:
        """Return the environment variables with which a container reaches this cloud, named as on AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": scope.region,
            "AWS_DEFAULT_REGION": scope.region,
            **self._credentials(scope, role_arn),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start_thread(self, scope: Scope, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in a background thread, within a scope."""
        from ministack.core.responses import request_scope

        def run() -> None:
            try:
                with request_scope(scope.account, scope.region):
                    function(*arguments)
            except Exception:
                log.exception("background work failed: %s", getattr(function, "__qualname__", function))

        Thread(target=run, daemon=True).start()


def add_service(name: str, target_prefix: str, handler: Handler, reset: Callable[[], None]) -> None:
    """Register a service with ministack. Its handler runs in a thread, so it may wait."""
    from ministack import app
    from ministack.core import responses, router
    from ministack.core.responses import get_account_id, get_region

    # A model can take long to respond. Other requests and services must not wait for it.
    pool = ThreadPoolExecutor(max_workers=MOST_REQUESTS, thread_name_prefix=name)

    async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, _query: object) -> Answer:
        scope, context = Scope(get_account_id(), get_region()), contextvars.copy_context()
        run = partial(context.run, handler, scope, method, path, headers, body)
        return await asyncio.get_running_loop().run_in_executor(pool, run)

    module: Any = types.ModuleType(f"ministack.services.{name}")
    module.handle_request = handle_request
    module.get_state = lambda: None  # localcloud stores its own state
    module.load_persisted_state = lambda _state: None
    module.reset = reset
    sys.modules[module.__name__] = module
    app._loaded_modules[name] = module
    app.SERVICE_REGISTRY[name] = {"module": name}
    app.SERVICE_HANDLERS[name] = handle_request
    # Without a pattern ministack loads every botocore model to recognize the service, which takes 400 MB.
    router.SERVICE_PATTERNS[name] = {"target_prefixes": [target_prefix], "host_patterns": [], "path_prefixes": []}
    # Otherwise ministack replaces the content type of an endpoint's JSON response, which callers check.
    responses._WIRE_CT_SUCCESS_OVERRIDE[name] = "application/json"


def save_state() -> None:
    """Write ministack's state to disk. ministack itself does so only when it is shut down properly."""
    from ministack import app
    from ministack.core.persistence import save_all

    readers = app._build_persistence_save_dict()
    save_all({name: partial(unchanged, read) for name, read in readers.items()})


def serve(port: int, stop: Awaitable[object], wrap: Callable[[Any], Any]) -> "asyncio.Future[None]":
    """Serve HTTP on the loopback interface until `stop` is done.

    `wrap` adds another application to ministack's.
    """
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
