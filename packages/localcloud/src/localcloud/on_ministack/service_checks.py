"""Validation of requests and stack resources that ministack accepts and AWS rejects.

The services are EventBridge, Scheduler, CloudWatch, Lambda, ECR and IAM.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel

from localcloud.errors import AwsError
from localcloud.sagemaker.request_validation import validate_request
from localcloud.service_rules.alarms import check_alarm, check_metric_data
from localcloud.service_rules.event_rules import check_deletion, check_rule, check_targets
from localcloud.service_rules.functions import check_runtime
from localcloud.service_rules.image_manifests import image_not_found, media_type_of
from localcloud.service_rules.schedules import check_schedule
from localcloud.service_rules.trust_policies import trust_policy_error

Members = dict[str, Any]
Check = Callable[[Members], None]


def install_service_checks() -> None:
    """Wrap ministack's handlers and resource types with the checks."""
    _check_events()
    _check_scheduler()
    _check_cloudwatch()
    _check_lambda()
    _check_images()
    _check_roles()
    for type_name, (service, check) in TYPE_CHECKS.items():
        _check_resources(type_name, service, check)


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


def _check_shape(service: str, operation: str, members: Members) -> None:
    validate_request(members, _model(service).operation_model(operation).input_shape)


def _check_events() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import eventbridge

    def targets_of(members: Members) -> list[Members]:
        name = members.get("Rule") or members.get("Name")
        found = eventbridge._targets.get(eventbridge._rule_key(name, members.get("EventBusName", "default")))
        return list(found or [])

    checks: dict[str, tuple[str, Check]] = {
        "_put_rule": ("PutRule", check_rule),
        "_put_targets": ("PutTargets", lambda members: check_targets(members["Targets"], targets_of(members))),
        "_delete_rule": ("DeleteRule", lambda members: check_deletion(targets_of(members))),
    }
    for function, (operation, check) in checks.items():
        handle = getattr(eventbridge, function)
        setattr(eventbridge, function, _checked(handle, "events", operation, check, error_response_json))


def _checked(handle: Callable[..., Any], service: str, operation: str, check: Check, refuse: Callable[..., Any]) -> Any:
    """Wrap a handler that takes the members of a request."""

    def handler(members: Members, *rest: Any) -> Any:
        try:
            _check_shape(service, operation, members)
            check(members)
        except AwsError as error:
            return refuse(error.code, error.message, error.status)
        return handle(members, *rest)

    return handler


def _check_roles() -> None:
    from ministack.services import iam

    own_error = iam._trust_policy_not_principal_error

    def error(document: str) -> str | None:
        return trust_policy_error(document) or own_error(document)

    iam._trust_policy_not_principal_error = error


def _check_scheduler() -> None:
    from ministack.services import scheduler

    for function, operation in (("_create_schedule", "CreateSchedule"), ("_update_schedule", "UpdateSchedule")):
        setattr(scheduler, function, _checked_schedule(getattr(scheduler, function), operation))


def _checked_schedule(handle: Callable[..., Any], operation: str) -> Any:
    from ministack.services import scheduler

    def handler(name: str, body: Members) -> Any:
        try:
            _check_shape("scheduler", operation, {"Name": name, **body})
            check_schedule(body)
        except AwsError as error:
            return scheduler._error(error.status, error.code, error.message)
        return handle(name, body)

    return handler


def _check_cloudwatch() -> None:
    from ministack.services import cloudwatch

    def data_of(members: Members) -> None:
        data = [{**datum, "Timestamp": cloudwatch._parse_ts(datum.get("Timestamp"))} for datum in members["MetricData"]]
        check_metric_data(data, time.time())

    def alarm(members: Members) -> None:
        _check_shape("cloudwatch", "PutMetricAlarm", members)
        check_alarm(members)

    cloudwatch._put_metric_alarm = _checked_metric_call(cloudwatch._put_metric_alarm, alarm)
    cloudwatch._put_metric_data = _checked_metric_call(cloudwatch._put_metric_data, data_of)


def _checked_metric_call(handle: Callable[..., Any], check: Check) -> Any:
    """Wrap a handler of CloudWatch.

    Requests of the old query protocol are not checked, because no current SDK sends them.
    """
    from ministack.services import cloudwatch

    def handler(params: Any, members: Members, is_cbor: bool, is_json: bool = False) -> Any:
        try:
            if is_cbor or is_json:
                check(members)
        except AwsError as error:
            code = "ValidationError" if error.code == "ValidationException" else error.code
            return cloudwatch._error(code, error.message, error.status, use_json=is_json, use_cbor=is_cbor)
        return handle(params, members, is_cbor, is_json)

    return handler


def _check_lambda() -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import lambda_svc

    create = lambda_svc._create_function

    def created(members: Members) -> Any:
        try:
            check_runtime(members, _model("lambda").shape_for("Runtime").enum)
        except AwsError as error:
            return error_response_json(error.code, error.message, error.status)
        return create(members)

    lambda_svc._create_function = created


def _check_images() -> None:
    from ministack.core.responses import error_response_json, get_account_id
    from ministack.services import ecr

    put, describe = ecr._put_image, ecr._describe_images

    def put_image(members: Members) -> Any:
        try:
            if members.get("repositoryName") in ecr._repositories:
                members = {**members, "imageManifestMediaType": media_type_of(members)}
        except AwsError as error:
            return error_response_json(error.code, error.message, error.status)
        return put(members)

    def describe_images(members: Members) -> Any:
        name = members.get("repositoryName", "")
        for image in members.get("imageIds") or [] if name in ecr._repositories else []:
            if ecr._find_image(name, image) is None:
                error = image_not_found(image, name, get_account_id())
                return error_response_json(error.code, error.message, error.status)
        return describe(members)

    ecr._put_image, ecr._describe_images = put_image, describe_images


def _check_rule_resource(properties: Members) -> None:
    from ministack.services import eventbridge

    check_rule(properties)
    pattern = properties.get("EventPattern")
    fault = eventbridge._event_pattern_error(eventbridge.json.dumps(pattern) if isinstance(pattern, dict) else pattern)
    if pattern and fault:
        raise AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {fault}")


# ministack creates these resources without its request handlers, so they need checks of their own.
TYPE_CHECKS: dict[str, tuple[str, Check]] = {
    "AWS::CloudWatch::Alarm": ("CloudWatch", check_alarm),
    "AWS::Events::Rule": ("EventBridge", _check_rule_resource),
    "AWS::Scheduler::Schedule": ("Scheduler", check_schedule),
}


def _check_resources(type_name: str, service: str, check: Check) -> None:
    from ministack.services.cloudformation import provisioners

    handlers: dict[str, Any] = dict(provisioners._RESOURCE_HANDLERS[type_name])
    create, update = handlers["create"], handlers["update"]

    def refuse(properties: Members) -> None:
        try:
            check(properties)
        except AwsError as error:
            message = f"{error.message} (Service: {service}, Status Code: {error.status})"
            raise ValueError(f'Resource handler returned message: "{message}"') from None

    def created(logical_id: str, properties: Members, stack_name: str) -> Any:
        refuse(properties)
        return create(logical_id, properties, stack_name)

    def updated(physical_id: str, old: Members, new: Members, *rest: Any) -> Any:
        refuse(new)
        return update(physical_id, old, new, *rest)

    provisioners._RESOURCE_HANDLERS[type_name] = {**handlers, "create": created, "update": updated}
