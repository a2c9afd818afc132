"""STK Query: pending in either style, or the record's code as a string. Never a receipt, an amount or a phone."""

from sandbox.daraja.codes import PENDING
from sandbox.daraja.engine import Daraja
from sandbox.daraja.faults import SPIKE_ARREST, Answer, Json, Refusal, busy, invalid
from sandbox.daraja.pushes import PushRecord
from sandbox.daraja.validation import signed_merchant, text

SECONDS_PER_QUERY = 60 / 5
"""The gateway smooths 5 per 60 s, burst 1, into one each 12 s."""


async def query_stk(daraja: Daraja, body: Json) -> Answer:
    """POST /mpesa/stkpushquery/v1/query."""
    wanted = text(body, "CheckoutRequestID")
    merchant = signed_merchant(body, daraja.options)
    if daraja.options.spike_arrest and not _let_through(daraja, "everybody"):
        return SPIKE_ARREST
    found = [push for push in daraja.pushes.by_checkout(wanted) if push.merchant == merchant]
    if not found:
        raise invalid("CheckoutRequestID")
    push = found[-1]
    push.queries += 1
    return _story_refusal(daraja, push) or _state(daraja, push)


def _story_refusal(daraja: Daraja, push: PushRecord) -> Answer | None:
    story = push.story
    if story is None:
        return None
    if story.query_limited and (push.queries == 1 or not _let_through(daraja, push.merchant_request_id)):
        return SPIKE_ARREST
    if push.queries <= story.query_busy:
        raise busy()
    if daraja.now() - push.accepted_at < daraja.scaled(story.query_unknown_seconds):
        raise invalid("CheckoutRequestID")
    return None


def _let_through(daraja: Daraja, limiter: str) -> bool:
    now, last = daraja.now(), daraja.last_query.get(limiter)
    if last is not None and now - last < daraja.scaled(SECONDS_PER_QUERY):
        return False
    daraja.last_query[limiter] = now
    return True


def _state(daraja: Daraja, push: PushRecord) -> Answer:
    style = (push.story.pending_style if push.story else None) or daraja.options.pending_style
    if push.record is None and style == "500":
        raise Refusal(500, "500.001.1001", "The transaction is being processed", about=push.checkout_request_id)
    answer: Json = {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successfully",
        "MerchantRequestID": push.merchant_request_id,
        "CheckoutRequestID": push.checkout_request_id,
        "ResultCode": "4999" if push.record is None else str(push.record),
        "ResultDesc": PENDING if push.record is None else (push.text or ""),
    }
    return Answer(200, answer)
