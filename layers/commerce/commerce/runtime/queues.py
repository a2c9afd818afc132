"""Sending to the shop's queues."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TypeVar

from commerce.fulfilment.messages import CarrierMessage
from commerce.kernel.context import current
from commerce.payments.messages import CheckMessage, RefundMessage, StatementMessage
from commerce.runtime.aws import client
from commerce.runtime.environment import required

#: SQS delays nothing longer than this.
LONGEST_DELAY_SECONDS = 900
M = TypeVar("M", bound=CheckMessage | RefundMessage | StatementMessage)


def send_check(message: CheckMessage, *, delay_seconds: int = 0) -> None:
    """Have an attempt looked at after a delay. A delay of 0 is sent too, for the queue has a default of its own."""
    _send(required(os.environ, "VERIFY_QUEUE_URL"), _correlated(message).to_json(), delay_seconds)


def send_refund(message: RefundMessage | StatementMessage, *, delay_seconds: int = 0) -> None:
    """Have a refund worked on, or a provider's books read, after a delay."""
    _send(required(os.environ, "REFUND_QUEUE_URL"), _correlated(message).to_json(), delay_seconds)


def send_carrier(message: CarrierMessage) -> None:
    """Have a carrier's report handled at once."""
    _send(required(os.environ, "CARRIER_QUEUE_URL"), message.to_json(), 0)


def _correlated(message: M) -> M:
    """Return a message with the correlation id of the work that sends it, where it names none."""
    return replace(message, correlation_id=message.correlation_id or current().correlation_id)


def _send(queue_url: str, body: str, delay_seconds: int) -> None:
    client("sqs").send_message(
        QueueUrl=queue_url, MessageBody=body, DelaySeconds=min(delay_seconds, LONGEST_DELAY_SECONDS)
    )
