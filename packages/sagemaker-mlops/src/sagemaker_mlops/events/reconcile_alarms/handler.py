"""Lambda handler of the hourly check of alarms."""

import json
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from ..shared.settings import setting
from .firing_alarms import alarm_events

logger = Logger()


@logger.inject_lambda_context
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the event of each firing alarm to notify.

    start-training ignores alarms that it has already handled.
    """
    events = alarm_events(boto3.client("cloudwatch"), setting("RETRAINING_ALARM"))
    client = boto3.client("lambda")
    for event in events:
        client.invoke(FunctionName=setting("NOTIFY"), InvocationType="Event", Payload=json.dumps(event).encode())
    alarms = [event["detail"]["alarmName"] for event in events]
    logger.info("reconciled", extra={"alarms": alarms})
    return {"alarms": alarms}
