"""IAM: identity of callers, credentials of roles, and a record of authorization decisions.

ministack enforces IAM (AUTH=true). This module adds SageMaker. Without enforcement everything is allowed.
"""

import json
import logging
import re
import secrets
import time
from contextvars import ContextVar
from pathlib import Path
from threading import Lock
from typing import Any

from localcloud.errors import AwsError
from localcloud.on_ministack.resource_policies import is_refused_across
from localcloud.sagemaker.permissions import EVERYTHING, resource_of
from localcloud.scope import Scope

SESSION_SECONDS = 24 * 3600
RECORD = "authorizations.jsonl"
INVOCATION = re.compile(r"/endpoints/[^/]+/invocations")
TAG_ACTIONS = ("TagResource", "UntagResource", "ListTagsForResource")
CLOUDWATCH = ("monitoring", "cloudwatch")
DESCRIBE_ALARMS, COMPOSITE = ".DescribeAlarms", "CompositeAlarm"
PUT_METRICS, NAMESPACE_KEY = "cloudwatch:PutMetricData", "cloudwatch:namespace"
NO_STATEMENT = "No matching Allow statement in the policy of the resource"
log = logging.getLogger("localcloud")
# ministack does not pass the CloudWatch namespace of a request to its enforcement.
_namespace: ContextVar[str] = ContextVar("namespace", default="")


class Identity:
    """Credentials of roles, and authorization of their actions."""

    def __init__(self, directory: Path, enforced: bool) -> None:
        self.enforced = enforced
        self._path, self._lock = directory / RECORD, Lock()
        self._credentials: dict[str, dict[str, str]] = {}

    def credentials(self, scope: Scope, role_arn: str) -> dict[str, str]:
        """Return the access key, secret key and session token of a role that SageMaker assumes.

        Raises:
            AwsError: ValidationException if there is no such role.
        """
        with self._lock:
            if role_arn not in self._credentials:
                self._credentials[role_arn] = self._assume(scope, role_arn)
            return self._credentials[role_arn]

    def _assume(self, scope: Scope, role_arn: str) -> dict[str, str]:
        from ministack.core.responses import request_scope
        from ministack.services import iam, sts

        name, account = role_arn.rsplit("/", 1)[-1], role_arn.split(":")[4]
        key, secret, token = "ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30), secrets.token_urlsafe(60)
        with request_scope(account, scope.region):
            role = iam._roles.get(name)
            if role is None:
                raise AwsError("ValidationException", f"Could not assume role {role_arn}; does it exist?")
            session = {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/SageMaker",
                "UserId": f"AROA{name}:SageMaker",
                "SecretAccessKey": secret,
                "SessionToken": token,
                "Expiration": time.time() + SESSION_SECONDS,
            }
            sts.register_session(key, session)
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}

    def authorize(self, scope: Scope, role_arn: str, action: str, resource: str, context: dict[str, str]) -> None:
        """Raise AccessDeniedException unless a role may perform an action on a resource."""
        from ministack.core import iam_evaluator
        from ministack.core.responses import request_scope

        name, account = role_arn.rsplit("/", 1)[-1], role_arn.split(":")[4]
        with request_scope(account, scope.region):
            question = iam_evaluator.EvalContext(
                principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/SageMaker",
                principal_type="AssumedRole",
                principal_account=account,
                action=action,
                resource_arn=resource,
                region=scope.region,
                service_context={key.lower(): value for key, value in context.items()},
            )
            decision = iam_evaluator.evaluate(question, iam_evaluator._gather_role_policies(name, account)).decision
        self.record(question.principal_arn, action, resource, decision)
        if decision != "Allow":
            raise AwsError("AccessDeniedException", f"{role_arn} is not authorized to perform: {action} on {resource}")

    def caller_arn(self, scope: Scope) -> str:
        """Return the ARN of the principal of the current request, or that of the account if it is unknown."""
        from ministack.core import iam_evaluator
        from ministack.core.responses import request_scope

        if not self.enforced:
            return f"arn:aws:iam::{scope.account}:root"
        with request_scope(scope.account, scope.region):
            return str(iam_evaluator.caller_arn())

    def record(self, principal: str, action: str, resource: str, decision: str) -> None:
        """Record a decision about a role. Tests use the record to find the statements that a role needs."""
        entry = {"principal": principal, "action": action, "resource": resource, "decision": decision}
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def install_identity(identity: Identity) -> None:
    """Add SageMaker to ministack's enforcement, and record every decision about a role."""
    if not identity.enforced:
        return
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator

    # Bucket policies deny plain HTTP. On loopback there is nothing to protect, so every request counts as secure.
    app.pin_request_origin = lambda address, _secure: iam_evaluator.pin_request_origin(address, True)
    iam_actions.SERVICE_TO_IAM_NAMESPACE |= {name: name for name in ("sagemaker", "application-autoscaling")}
    _install_actions(iam_actions)
    enforce = iam_evaluator.enforce

    def enforced(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = EVERYTHING,
        service_context: Any = None,
    ) -> Any:
        if iam_action == PUT_METRICS:
            service_context = {**(service_context or {}), NAMESPACE_KEY: _namespace.get()}
        refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        caller = (iam_evaluator.resolve_caller_identity(access_key_id) or {}).get("userArn", "")
        is_root = refused is None and caller.endswith(":root")
        if is_root and is_refused_across(caller, iam_action, service, resource_arn):
            refused = iam_evaluator.EvalResult("ImplicitDeny", caller, "", NO_STATEMENT)
        if ":assumed-role/" in caller:
            identity.record(caller, iam_action, resource_arn, "Allow" if refused is None else "Deny")
        return refused

    iam_evaluator.enforce = enforced


def _install_actions(iam_actions: Any) -> None:
    match, extract = iam_actions._match_rest_action, iam_actions.extract_resource_arn

    def matched(service: str, method: str, path: str, query_params: Any = None) -> Any:
        if service != "sagemaker":
            return match(service, method, path, query_params)
        return "InvokeEndpoint" if INVOCATION.fullmatch(path) else None

    def extracted(
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> Any:
        if service in CLOUDWATCH:
            content = _content_of(body)
            _namespace.set(str(content.get("Namespace", "")))
            if str(headers.get("x-amz-target", "")).endswith(DESCRIBE_ALARMS):
                return _alarms_of(Scope(account_id, region), content)
        if service != "sagemaker":
            found = extract(service, method, path, headers, body, query_params, region, account_id)
            return _log_group_of(found, headers) if service == "logs" else found
        scope = Scope(account_id, region)
        if INVOCATION.fullmatch(path):
            return scope.arn("endpoint", path.split("/")[2])
        return resource_of(scope, _content_of(body))

    iam_actions._match_rest_action = matched
    iam_actions.extract_resource_arn = extracted


def _log_group_of(arn: Any, headers: Any) -> Any:
    """Return the ARN of a log group as policies contain it: with `:*` at the end, except for tag actions.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    is_about_tags = str(headers.get("x-amz-target", "")).endswith(TAG_ACTIONS)
    return arn if arn == EVERYTHING or is_about_tags else f"{arn}:*"


def _alarms_of(scope: Scope, content: dict[str, Any]) -> str:
    """Return the ARN on which DescribeAlarms is authorized.

    Source: botocore's documentation of DescribeAlarms, which requires a permission "scoped to *" for composite alarms.
    """
    if COMPOSITE in content.get("AlarmTypes", ()):
        return EVERYTHING
    names = content.get("AlarmNames", ())
    return f"arn:aws:cloudwatch:{scope.region}:{scope.account}:alarm:{names[0] if len(names) == 1 else '*'}"


def _content_of(body: bytes) -> dict[str, Any]:
    """Return the members of a request in a JSON protocol.

    They are empty if the body is not JSON. Such a request is rejected later.
    """
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
