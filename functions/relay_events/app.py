"""DynamoDB stream of the events table: put every event on the bus."""

from __future__ import annotations

import logging
import os
from typing import Any

from commerce.audit.relay import NotRelayed, relay
from commerce.runtime.aws import client
from commerce.runtime.environment import required

logger = logging.getLogger("salama.relay")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Relay a batch; on failure the stream comes again from the first event that was not taken."""
    try:
        relay(event["Records"], client("events"), required(os.environ, "EVENT_BUS_NAME"))
    except NotRelayed as failure:
        logger.warning("the bus did not take event %s", failure.sequence_number)
        return {"batchItemFailures": [{"itemIdentifier": failure.sequence_number}]}
    return {"batchItemFailures": []}
