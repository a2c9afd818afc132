"""SQS: give money back, check amounts in doubt, and hear what became of both; at last a person is told."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.payments.check_record import ask_for_record, give_up_record, note_record
from commerce.payments.decision import Verdict
from commerce.payments.desk import PaymentDesk
from commerce.payments.messages import RefundMessage
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.runtime import wiring
from commerce.runtime.queues import send_refund

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def work(record: SQSRecord) -> None:
    """Handle one message; an exception sends it back to the queue, and at last to the dead letters."""
    message = RefundMessage.from_json(record.body)
    desk = wiring.payment_desk()
    names = (message.order_number, message.attempt)
    if message.result is not None:
        verdict = _report(desk, message, message.result)
    elif message.check >= len(desk.policy.refund_delays):
        _GIVE_UP[message.task](desk, *names)
        verdict = Verdict.FINAL
    else:
        verdict = _WORK[message.task](desk, *names)
        if verdict is Verdict.PENDING:
            delay = desk.policy.refund_delays[message.check]
            send_refund(RefundMessage(*names, task=message.task, check=message.check + 1), delay_seconds=delay)
    logger.info(
        "refund worked on", order_number=message.order_number, task=message.task, check=message.check,
        kind=message.kind, verdict=verdict.value,
    )  # fmt: skip


def _report(desk: PaymentDesk, message: RefundMessage, body: str) -> Verdict:
    provider = desk.providers["mpesa"]
    if message.kind == "record":
        return note_record(desk, message.order_number, message.attempt, provider.read_record(body))
    outcome = provider.interpret_refund(body, timed_out=message.kind == "timeout")
    return note_refund(desk, message.order_number, message.attempt, outcome)


_WORK = {"refund": refund_payment, "record": ask_for_record}
_GIVE_UP = {"refund": give_up_refund, "record": give_up_record}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
