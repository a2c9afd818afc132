"""SQS, fed by the event bus: keep the board of orders up to date, and count money and stock."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.board.figures import figures
from commerce.board.project_order import project_event
from commerce.board.store import Board
from commerce.kernel.context import correlated
from commerce.kernel.events import Event
from commerce.payments.store import Payments
from commerce.runtime import watch, wiring

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def project(record: SQSRecord) -> None:
    """Handle one event of the bus; an exception sends it back to the queue, and at last to the dead letters."""
    event = Event.model_validate(json.loads(record.body)["detail"])
    database = wiring.database()
    with correlated(event.correlation_id):
        account, shown = project_event(Board(database), Payments(database), event)
        logger.info("order projected", order_number=account.order.number, event_type=event.type, shown=shown)
    # Last, so that an event that fails and comes again counts once.
    for figure in figures(event, account):
        watch.count(figure.name, figure.value, **figure.dimensions)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=project, processor=processor, context=context)
