"""Sending to the payment queues."""

from __future__ import annotations

import os

from commerce.payments.messages import CheckMessage, RefundMessage
from commerce.runtime.aws import client
from commerce.runtime.environment import required

#: SQS delays nothing longer than this.
LONGEST_DELAY_SECONDS = 900


def send_check(message: CheckMessage, *, delay_seconds: int = 0) -> None:
    """Have an attempt looked at after a delay. A delay of 0 is sent too, for the queue has a default of its own."""
    _send(required(os.environ, "VERIFY_QUEUE_URL"), message.to_json(), delay_seconds)


def send_refund(message: RefundMessage, *, delay_seconds: int = 0) -> None:
    """Have a refund worked on after a delay."""
    _send(required(os.environ, "REFUND_QUEUE_URL"), message.to_json(), delay_seconds)


def _send(queue_url: str, body: str, delay_seconds: int) -> None:
    client("sqs").send_message(
        QueueUrl=queue_url, MessageBody=body, DelaySeconds=min(delay_seconds, LONGEST_DELAY_SECONDS)
    )
