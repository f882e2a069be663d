"""Delivery of EventBridge rules and schedules: retries, dead-letter queues, SageMaker pipelines.

ministack tries once and drops an event that it cannot deliver. AWS retries, and sends such an event to the dead-letter
queue.
"""

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import AwsError
from localcloud.on_ministack.resource_types import current_scope
from localcloud.sagemaker.operations import call
from localcloud.scope import random_id

UNIVERSAL_TARGET = "arn:aws:scheduler:::aws-sdk:"
START_PIPELINE = f"{UNIVERSAL_TARGET}sagemaker:startPipelineExecution"
MOST_RETRIES, LONGEST_AGE_SECONDS = 185, 86_400  # AWS's defaults
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 30.0
LEFT_TO_MINISTACK = ("events", "logs", "kinesis", "firehose", "states")
log = logging.getLogger("localcloud")
Target = dict[str, Any]


class Undeliverable(Exception):
    """Event that the target cannot accept. A retry would not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install_deliveries(cloud: Cloud) -> None:
    """Replace the function through which EventBridge and Scheduler deliver events."""
    from ministack.core.arn import ArnParseError, parse_arn
    from ministack.core.concurrency import spawn_background
    from ministack.services import eventbridge

    original = eventbridge._invoke_target

    def invoke_target(target: Target, event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> Any:
        try:
            service = parse_arn(target.get("Arn", "")).service
        except ArnParseError:
            service = ""
        if service in LEFT_TO_MINISTACK:
            return original(target, event, rule, view)
        view = view or eventbridge._pattern_event_view(event)
        delivery = Delivery(cloud, target, _payload(target, rule, view), event, rule, view)
        spawn_background(delivery.run)
        return None

    eventbridge._invoke_target = invoke_target


def _payload(target: Target, rule: dict[str, Any], view: Any) -> str:
    """Return the input of the target: the transformed input, a constant, a part of the event, or the event."""
    from ministack.services import eventbridge

    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input") is not None:
        return _with_context(str(target["Input"]), rule)
    whole = view.event_with_detail()
    if not target.get("InputPath"):
        return json.dumps(whole)
    for part in target["InputPath"].lstrip("$").strip(".").split("."):
        whole = whole.get(part) if part and isinstance(whole, dict) else whole
    return json.dumps(whole)


def _with_context(text: str, rule: dict[str, Any]) -> str:
    """Replace Scheduler's context attributes. The scheduled time is the minute in which the schedule fired."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    values = {
        "<aws.scheduler.scheduled-time>": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "<aws.scheduler.schedule-arn>": str(rule.get("Arn", "")),
        "<aws.scheduler.execution-id>": random_id(16),
        "<aws.scheduler.attempt-number>": "1",
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text


class Delivery:
    """The delivery of an event to a target."""

    def __init__(
        self, cloud: Cloud, target: Target, text: str, event: dict[str, Any], rule: dict[str, Any], view: Any
    ) -> None:
        self._cloud, self._target, self._text = cloud, target, text
        self._event, self._rule, self._view = event, rule, view

    def run(self) -> None:
        """Deliver the event, and retry according to the target's policy.

        An event that cannot be delivered is sent to the dead-letter queue.
        """
        policy = self._target.get("RetryPolicy") or {}
        retries = int(policy.get("MaximumRetryAttempts", MOST_RETRIES))
        oldest = float(policy.get("MaximumEventAgeInSeconds", LONGEST_AGE_SECONDS)) / self._cloud.clock.scale
        begin, attempt = time.monotonic(), 0
        while True:
            try:
                self._deliver()
                return
            except Undeliverable as error:
                self._give_up(error.code, str(error), attempt)
                return
            except Exception as error:
                wait = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS)
                if attempt >= retries or time.monotonic() - begin + wait > oldest:
                    self._give_up("INTERNAL_ERROR", str(error), attempt)
                    return
                if self._cloud.stopping.wait(wait):
                    return
                attempt += 1

    def _deliver(self) -> None:
        from ministack.core.arn import parse_arn
        from ministack.services import eventbridge

        arn = self._target["Arn"]
        self._authorize(arn)
        if arn == START_PIPELINE:
            members = json.loads(self._text)
            self._start_pipeline(members["PipelineName"], members.get("PipelineParameters", []))
            return
        spec = parse_arn(arn)
        if spec.service == "sagemaker" and spec.resource.startswith("pipeline/"):
            given = self._target.get("SageMakerPipelineParameters") or {}
            self._start_pipeline(arn.rsplit("/", 1)[-1], given.get("PipelineParameterList", []))
        elif spec.service == "lambda":
            self._call_function(arn)
        elif spec.service == "sqs":
            eventbridge._dispatch_to_sqs(spec, self._text, self._target.get("SqsParameters") or {})
        elif spec.service == "sns":
            eventbridge._dispatch_to_sns(arn, self._text)
        else:
            raise Undeliverable("NOT_IN_LOCALCLOUD", f"localcloud does not deliver to {arn}")

    def _authorize(self, arn: str) -> None:
        """Raise Undeliverable unless the role of the target may call it."""
        role_arn = self._target.get("RoleArn")
        actions = {"lambda": "lambda:InvokeFunction", "sagemaker": "sagemaker:StartPipelineExecution"}
        action = actions.get(arn.split(":")[2])
        if role_arn and action:
            try:
                self._cloud.host.authorize(current_scope(), role_arn, action, arn)
            except AwsError as error:
                raise Undeliverable("NO_PERMISSIONS", error.message) from None

    def _start_pipeline(self, name: str, parameters: list[dict[str, str]]) -> None:
        members = {"PipelineName": name, "PipelineParameters": parameters, "ClientRequestToken": random_id(40)}
        call(self._cloud, current_scope(), "StartPipelineExecution", members)

    def _call_function(self, arn: str) -> None:
        from ministack.services import lambda_svc

        function, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if not function:
            raise Undeliverable("RESOURCE_NOT_FOUND", f"Function not found: {arn}")
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(self._text))

    def _give_up(self, code: str, message: str, attempts: int) -> None:
        from ministack.core.arn import parse_arn
        from ministack.services import eventbridge, sqs

        queue_arn = (self._target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn or not sqs._queue_by_arn(queue_arn):
            log.error("an event for %s is lost, it has no dead-letter queue: %s", self._target["Arn"], message)
            return
        from_schedule = self._event.get("Source") == "aws.scheduler"
        body = self._text if from_schedule else json.dumps(self._view.event_with_detail())
        eventbridge._dispatch_to_sqs(parse_arn(queue_arn), body)
        attributes = {
            "RULE_ARN": self._rule.get("Arn", ""),
            "TARGET_ARN": self._target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "RETRY_ATTEMPTS": str(attempts),
        }
        sqs._queue_by_arn(queue_arn)["messages"][-1]["message_attributes"] = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
