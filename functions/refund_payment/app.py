"""SQS: give money back, and hear what became of it; past the last look a person is told."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.payments.messages import RefundMessage
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.payments.verify_payment import Verdict
from commerce.runtime import wiring
from commerce.runtime.queues import send_refund

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)


def work(record: SQSRecord) -> None:
    """Handle one message; an exception sends it back to the queue, and at last to the dead letters."""
    message = RefundMessage.from_json(record.body)
    desk = wiring.payment_desk()
    names = (message.order_number, message.attempt)
    if message.result is not None:
        outcome = wiring.daraja().interpret_result(message.result, "timeout" if message.kind == "timeout" else "result")
        verdict = note_refund(desk, *names, outcome)
        logger.info("refund reported", order_number=message.order_number, verdict=verdict.value)
        return
    delays = desk.policy.refund_delays
    if message.check >= len(delays):
        give_up_refund(desk, *names)
        return
    verdict = refund_payment(desk, *names)
    logger.info("refund worked on", order_number=message.order_number, check=message.check, verdict=verdict.value)
    if verdict is Verdict.PENDING:
        send_refund(RefundMessage(*names, check=message.check + 1), delay_seconds=delays[message.check])


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
