"""Lambda handler that handles one cause and returns its ledger entry."""

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from ..shared.settings import setting
from .cause import parse_cause
from .decision import Policy
from .ledger import Ledger
from .starter import Starter
from .training import Training, TrainingSettings

logger = Logger()


@cache
def _starter() -> Starter:
    places = TrainingSettings(
        pipeline=setting("PIPELINE"),
        group=setting("MODEL_PACKAGE_GROUP"),
        data_bucket=setting("DATA_BUCKET"),
        artifact_bucket=setting("ARTIFACT_BUCKET"),
        champion_environment=setting("CHAMPION_ENVIRONMENT"),
        processing_instance_type=setting("PROCESSING_INSTANCE_TYPE"),
        training_instance_type=setting("TRAINING_INSTANCE_TYPE"),
        window_months=int(setting("WINDOW_MONTHS")) or None,
    )
    return Starter(
        Ledger(boto3.resource("dynamodb").Table(setting("LEDGER"))),
        Training(boto3.client("sagemaker"), boto3.client("s3"), places),
        Policy(
            timedelta(minutes=int(setting("COOLDOWN_MINUTES"))),
            int(setting("MINIMUM_NEW_ROWS")),
            timedelta(minutes=int(setting("UPLOAD_PAUSE_MINUTES"))),
        ),
        os.environ.get("IMAGE_URI", ""),
        lambda: datetime.now(UTC),
    )


@logger.inject_lambda_context
def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handle one cause and return its ledger entry.

    An event that is not a valid cause fails in every retry, so it reaches the dead-letter queue, whose alarm notifies
    the team.
    """
    cause = parse_cause(event)
    entry = _starter().handle(cause)
    logger.info("handled", extra={"cause": cause.key, "status": entry.status, "reason": entry.reason})
    return asdict(entry)
