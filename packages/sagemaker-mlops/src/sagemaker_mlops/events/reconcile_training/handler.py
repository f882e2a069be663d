"""Lambda handler of the hourly check of the ledger."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from ..shared.settings import setting
from .waiting_causes import send_to_starter, waiting_events

logger = Logger()


@logger.inject_lambda_context
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the waiting causes to start-training and return them."""
    events = waiting_events(boto3.resource("dynamodb").Table(setting("LEDGER")), datetime.now(UTC))
    send_to_starter(boto3.client("lambda"), setting("START_TRAINING"), events)
    causes = [f"{event['cause']}:{event['cause_id']}" for event in events]
    logger.info("reconciled", extra={"handed_over": causes})
    return {"handed_over": causes}
