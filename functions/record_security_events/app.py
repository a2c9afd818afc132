"""SQS: keep the security events that functions tell."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.runtime import wiring
from commerce.runtime.settings import SecuritySettings, read
from commerce.runtime.watch import count
from commerce.security.record_event import record_event
from commerce.security.store import SecurityLog

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def keep(record: SQSRecord) -> None:
    """Keep one event; an exception sends it back to the queue, and at last to the dead letters."""
    retention = read(SecuritySettings, os.environ).retention
    fact, new = record_event(SecurityLog(wiring.database()), record.message_id, record.body, retention)
    if new:
        # What the teller left out happened as well.
        count("SecurityEvents", 1 + (fact.suppressed or 0), kind=fact.kind.value)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=keep, processor=processor, context=context)
