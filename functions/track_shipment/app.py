"""SQS: what carriers reported moves their shipments."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.fulfilment.advance_shipment import Progress, track_parcel
from commerce.fulfilment.messages import CarrierMessage
from commerce.kernel.context import Context, working
from commerce.runtime import wiring
from commerce.runtime.security import SecurityKind, tell

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def track(record: SQSRecord) -> None:
    """Handle one report; an exception sends it back to the queue, and at last to the dead letters."""
    message = CarrierMessage.from_json(record.body)
    # A carrier knows of no click: each parcel's own order says which it follows from.
    with working(Context()):
        _track(message)


def _track(message: CarrierMessage) -> None:
    progress = track_parcel(wiring.order_desk(), message)
    known = {"order_number": message.order_number, "shipment": message.shipment, "carrier": message.carrier}
    if progress in (Progress.MISSING, Progress.FOREIGN):
        # Signed by a carrier, and about what is not that carrier's.
        why = f"a carrier reports of a parcel that is not its own: {progress.value}"
        tell(
            SecurityKind.CALLBACK_FORGED, why, who=f"carrier/{message.carrier}", subject=f"order/{message.order_number}"
        )
        return
    logger.info("shipment tracked", extra={**known, "status": message.status, "progress": progress.value})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=track, processor=processor, context=context)
