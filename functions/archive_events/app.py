"""DynamoDB stream of the events table: keep every event once more, where nobody can change it."""

from __future__ import annotations

import logging
import os
from typing import Any

from commerce.audit.archive import Archive
from commerce.audit.archive_events import archive_events
from commerce.runtime.aws import client
from commerce.runtime.environment import required
from commerce.runtime.security import SecurityKind, tell

logger = logging.getLogger("salama.archive")


def tampered(event_id: str, how: str) -> None:
    """Tell of an event that was changed or removed in the table."""
    subject = event_id.rpartition("/")[0]
    tell(SecurityKind.AUDIT_BROKEN, f"Event {event_id}: {how} in the events table.", subject=subject)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Archive a batch; what raises has the stream deliver the batch again, in two halves."""
    archive = Archive(client("s3"), required(os.environ, "ARCHIVE_BUCKET"))
    key = archive_events(event["Records"], archive, tampered)
    logger.info("archived as %s", key)
    return {"batchItemFailures": []}
