"""What happens to a push after it was accepted: a story's steps, or what the person at the phone does."""

import asyncio
from datetime import timedelta
from functools import partial

from sandbox.daraja.callbacks import MALFORMED, Address, deliver, stk_body, wire
from sandbox.daraja.codes import PAID, UNREACHABLE, Code, text_of
from sandbox.daraja.engine import Daraja
from sandbox.daraja.ledger import NoFunds
from sandbox.daraja.pushes import PushRecord
from sandbox.daraja.script import Call, Settle, Step, Story, Sum

DAILY_LIMIT = 500_000
"""Whole KES a customer may pay in a day."""

PROMPT_LIMIT = 182
"""Characters of a prompt; a longer one cannot be sent (1025)."""


def settle(daraja: Daraja, push: PushRecord, code: Code, sum_: Sum = Sum.ASKED, text: str | None = None) -> None:
    """Write the platform's record. Code 0 moves the money, once."""
    push.decided = True
    if push.is_paid:
        return
    if code == PAID:
        paid = daraja.ledger.move(
            "payment",
            sum_.of(push.amount),
            push.phone,
            push.merchant.shortcode,
            daraja.now(),
            reference=push.reference,
            originator_id=push.merchant_request_id,
        )
        push.receipt, push.paid_amount, push.paid_at = paid.receipt, paid.amount, paid.at
    push.record, push.text = code, text or text_of(code)


async def call_back(daraja: Daraja, push: PushRecord, call: Call) -> None:
    """Send the callback, several times in parallel if the call says so."""
    content = MALFORMED if call.malformed else wire(stk_body(daraja, push, call))
    to = Address("stk_callback", push.callback_url, push.phone, push.reference)
    await asyncio.gather(*(deliver(daraja, to, content) for _ in range(call.times)))


async def play_step(daraja: Daraja, push: PushRecord, step: Step) -> None:
    """One step of a story."""
    if isinstance(step, Settle):
        settle(daraja, push, step.code, step.sum, step.text)
    else:
        await call_back(daraja, push, step)


def schedule_story(daraja: Daraja, push: PushRecord, story: Story) -> None:
    """Schedule every step of a magic number's story."""
    for step in story.steps:
        offset = daraja.options.late_seconds if step.late else 0.0
        daraja.after(offset + step.at, partial(play_step, daraja, push, step))


def finish(daraja: Daraja, push: PushRecord, code: Code, text: str | None = None) -> None:
    """End a push for an ordinary number, and send its callback a moment later."""
    settle(daraja, push, code, text=text)
    daraja.after(daraja.options.callback_seconds, partial(call_back, daraja, push, Call(0)))


def schedule_human(daraja: Daraja, push: PushRecord, misfit: Code | None) -> None:
    """An ordinary number: the platform's own rules first, then the person at the phone page, or nobody.

    Args:
        misfit: 2028 or SFC_IC0003 when TransactionType and PartyB do not fit the merchant.
    """
    code, text = misfit or _rule(daraja, push), None
    if code == 1037:
        text = UNREACHABLE
    if code is not None:
        finish(daraja, push, code, text)
    else:
        daraja.after(daraja.options.pin_window_seconds, partial(_ring_out, daraja, push))


def _rule(daraja: Daraja, push: PushRecord) -> Code | None:
    now, mine = daraja.now(), push.merchant_request_id
    if any(other.is_open(now) for other in daraja.pushes.of(push.phone) if other.merchant_request_id != mine):
        return daraja.options.busy_phone_code
    if len(push.prompt_text) > PROMPT_LIMIT:
        return 1025
    recent = daraja.ledger.paid_since(push.phone, now - daraja.scaled(daraja.options.same_amount_seconds))
    return 17 if any(payment.amount == push.amount for payment in recent) else None


async def _ring_out(daraja: Daraja, push: PushRecord) -> None:
    if not push.decided:
        finish(daraja, push, 1037)


def pay(daraja: Daraja, push: PushRecord, pin: str) -> None:
    """A PIN was typed: 2001 when wrong, 4 over the daily limit, 1 without funds, otherwise paid."""
    today = daraja.ledger.paid_since(push.phone, daraja.now() - timedelta(days=1))
    if pin != daraja.options.right_pin:
        finish(daraja, push, 2001)
    elif sum(payment.amount for payment in today) + push.amount > DAILY_LIMIT:
        finish(daraja, push, 4)
    else:
        try:
            finish(daraja, push, PAID)
        except NoFunds:
            finish(daraja, push, 1)


def cancel(daraja: Daraja, push: PushRecord) -> None:
    """Cancel was pressed."""
    finish(daraja, push, 1032)
