"""SQS: look at an attempt, settle or end it, or look again later; past the last look a person is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.kernel.context import correlated
from commerce.payments.decision import Verdict
from commerce.payments.messages import CheckMessage
from commerce.payments.seen import SeenEvents
from commerce.payments.verify_payment import give_up, verify_payment
from commerce.runtime import wiring
from commerce.runtime.queues import send_check

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def check(record: SQSRecord) -> None:
    """Handle one message; an exception sends it back to the queue, and at last to the dead letters."""
    message = CheckMessage.from_json(record.body)
    with correlated(message.correlation_id):
        _check(message)


def _check(message: CheckMessage) -> None:
    desk = wiring.payment_desk()
    seen = SeenEvents(desk.database, desk.clock)
    hinted = message.event_id is not None
    if message.event_id is not None and seen.handled(message.event_id):
        return
    verdict = verify_payment(desk, message.order_number, message.attempt, message.claim, hinted=hinted)
    logger.info(
        "payment checked", order_number=message.order_number, check=message.check, verdict=verdict.value,
        claimed=message.claim is not None, hinted=hinted,
    )  # fmt: skip
    # What waits for the buyer is looked at again by the checks that are scheduled anyway.
    again = verdict is Verdict.PENDING or (verdict is Verdict.WAITING and not hinted)
    delays = desk.policy.check_delays
    if again and message.check < len(delays):
        # It keeps the event's name: the event is handled when its last look is.
        send_check(replace(message, check=message.check + 1), delay_seconds=delays[message.check])
        return
    if again and verdict is Verdict.PENDING:
        give_up(desk, message.order_number, message.attempt, again=message.again)
    if message.event_id is not None:
        seen.note(message.event_id)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=check, processor=processor, context=context)
