"""Lambda's entry."""

import json
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from ..shared.settings import setting
from .firing_alarms import alarm_events

logger = Logger()


@logger.inject_lambda_context
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Tell notify about every alarm that fires; start-training knows which of them it has seen."""
    events = alarm_events(boto3.client("cloudwatch"), setting("RETRAINING_ALARM"))
    client = boto3.client("lambda")
    for event in events:
        client.invoke(FunctionName=setting("NOTIFY"), InvocationType="Event", Payload=json.dumps(event).encode())
    alarms = [event["detail"]["alarmName"] for event in events]
    logger.info("reconciled", extra={"alarms": alarms})
    return {"alarms": alarms}
