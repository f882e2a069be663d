"""Lambda's entry."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from ..shared.settings import setting
from .waiting_causes import hand_over, waiting_events

logger = Logger()


@logger.inject_lambda_context
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Hand over what waits; returns the causes."""
    events = waiting_events(boto3.resource("dynamodb").Table(setting("LEDGER")), datetime.now(UTC))
    hand_over(boto3.client("lambda"), setting("START_TRAINING"), events)
    causes = [f"{event['cause']}:{event['cause_id']}" for event in events]
    logger.info("reconciled", extra={"handed_over": causes})
    return {"handed_over": causes}
