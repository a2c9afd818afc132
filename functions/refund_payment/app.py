"""SQS: give money back, check amounts in doubt, and hear what became of both; at last a person is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.kernel.context import correlated
from commerce.payments.check_record import ask_for_record, give_up_record, note_posted_record
from commerce.payments.decision import Verdict
from commerce.payments.desk import PaymentDesk
from commerce.payments.messages import RefundMessage, StatementMessage, read_refund_message
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_payment import give_up_refund, note_posted, refund_payment
from commerce.payments.seen import SeenEvents
from commerce.runtime import wiring
from commerce.runtime.queues import send_refund

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, logger=logger)  # type: ignore[arg-type]


def work(record: SQSRecord) -> None:
    """Handle one message; an exception sends it back to the queue, and at last to the dead letters."""
    message = read_refund_message(record.body)
    desk = wiring.payment_desk()
    with correlated(message.correlation_id):
        if isinstance(message, StatementMessage):
            _reconcile(desk, message)
        else:
            _refund(desk, message)


def _refund(desk: PaymentDesk, message: RefundMessage) -> None:
    names = (message.order_number, message.number)
    if message.result is not None:
        verdict = _report(desk, message, message.result)
    elif message.check >= len(desk.policy.refund_delays):
        _GIVE_UP[message.task](desk, *names)
        verdict = Verdict.FINAL
    else:
        verdict = _WORK[message.task](desk, *names)
        if verdict is Verdict.PENDING:
            delay = desk.policy.refund_delays[message.check]
            send_refund(replace(message, check=message.check + 1), delay_seconds=delay)
    logger.info(
        "refund worked on", order_number=message.order_number, task=message.task, check=message.check,
        kind=message.kind, verdict=verdict.value,
    )  # fmt: skip


def _report(desk: PaymentDesk, message: RefundMessage, body: str) -> Verdict:
    if message.kind == "record":
        return note_posted_record(desk, message.order_number, message.number, body)
    return note_posted(desk, message.order_number, message.number, body, timed_out=message.kind == "timeout")


def _reconcile(desk: PaymentDesk, message: StatementMessage) -> None:
    seen = SeenEvents(desk.database, desk.clock)
    if seen.handled(message.event_id):
        return
    verdict = reconcile_statement(desk, message.method, message.receipt)
    # What is missing may be booked in a moment: its payment's own event can come after this one.
    unread = verdict in (Verdict.PENDING, Verdict.MISSING)
    if unread and message.check < len(desk.policy.refund_delays):
        delay = desk.policy.refund_delays[message.check]
        send_refund(replace(message, check=message.check + 1), delay_seconds=delay)
        return
    if verdict is Verdict.PENDING:
        raise RuntimeError(f"the books of a payment by {message.method} cannot be read")
    if verdict is Verdict.MISSING:
        # Money that no order of the shop's brought: a dead letter, and with it a case.
        raise RuntimeError(f"a payment by {message.method} is not one of the shop's")
    seen.note(message.event_id)
    logger.info("books compared", method=message.method, event_id=message.event_id, verdict=verdict.value)


_WORK = {"refund": refund_payment, "record": ask_for_record}
_GIVE_UP = {"refund": give_up_refund, "record": give_up_record}


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Handle a batch; only the messages that failed come again."""
    return process_partial_response(event=event, record_handler=work, processor=processor, context=context)
