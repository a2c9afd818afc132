"""STK push: check the request, accept it, and answer as the number's story wants."""

from datetime import timedelta

from sandbox.daraja.codes import Code
from sandbox.daraja.engine import Daraja
from sandbox.daraja.faults import CUT, UNAVAILABLE, Answer, Json, Refusal, busy, dead_token, invalid
from sandbox.daraja.identifiers import checkout_request_id, request_id
from sandbox.daraja.options import Merchant
from sandbox.daraja.playback import play_step, schedule_human, schedule_story
from sandbox.daraja.pushes import PushRecord
from sandbox.daraja.script import Push, Story
from sandbox.daraja.stories import story_of
from sandbox.daraja.validation import PHONE, SHORTCODE, amount, matching, signed_merchant, text, web_address

PAYBILL, BUY_GOODS = "CustomerPayBillOnline", "CustomerBuyGoodsOnline"
ACCEPTED = "Success. Request accepted for processing"


async def push_stk(daraja: Daraja, body: Json) -> Answer:
    """POST /mpesa/stkpush/v1/processrequest. The acknowledgement is not money."""
    if body.get("TransactionType") not in (PAYBILL, BUY_GOODS):
        raise invalid("TransactionType")
    asked = amount(body)
    matching(body, "PartyA", PHONE)
    party_b = matching(body, "PartyB", SHORTCODE)
    phone = matching(body, "PhoneNumber", PHONE)
    callback_url = web_address(body, "CallBackURL", daraja.options)
    reference = text(body, "AccountReference", maximum=12)
    description = text(body, "TransactionDesc", named="Remarks", maximum=13)
    merchant = signed_merchant(body, daraja.options)

    story = story_of(phone)
    if story:
        refused = _refused(daraja, story, callback_url)
        if refused:
            return refused
    now = daraja.now()
    push = PushRecord(
        merchant=merchant,
        phone=phone,
        amount=asked,
        reference=reference,
        description=description,
        callback_url=callback_url,
        merchant_request_id=request_id(),
        checkout_request_id=_checkout_id(daraja, phone, story),
        accepted_at=now,
        closes_at=now + daraja.scaled(_screen_seconds(daraja, story)),
        story=story,
    )
    daraja.pushes.add(push)
    if story is None:
        schedule_human(daraja, push, _misfit(merchant, str(body["TransactionType"]), party_b))
    elif story.push is Push.CALLBACK_FIRST:
        for step in story.steps:
            await play_step(daraja, push, step)
    else:
        schedule_story(daraja, push, story)
    return await _answer(daraja, push, story)


def _refused(daraja: Daraja, story: Story, callback_url: str) -> Answer | None:
    if story.push is Push.DOWN:
        return UNAVAILABLE
    if story.push is Push.BUSY:
        raise busy()
    if story.push is Push.TOKEN_KILLED_ONCE and callback_url not in daraja.tokens_killed:
        daraja.tokens_killed.add(callback_url)
        daraja.tokens.kill()
        raise dead_token()
    return None


def _checkout_id(daraja: Daraja, phone: str, story: Story | None) -> str:
    """A CheckoutRequestID; two pushes to one phone in one millisecond differ, except where the story says so."""
    if story and story.twin_ids:
        earlier = daraja.pushes.of(phone)
        if len(earlier) % 2 == 1:
            return earlier[0].checkout_request_id
    moment = daraja.now()
    while True:
        found = checkout_request_id(moment, phone, story.id_digits if story else 26)
        if not daraja.pushes.by_checkout(found):
            return found
        moment += timedelta(milliseconds=1)


def _screen_seconds(daraja: Daraja, story: Story | None) -> float:
    window = daraja.options.pin_window_seconds
    if story is None:
        return window
    return min([window, *(step.at for step in story.steps if not step.late)]) if story.prompt_seen else 0.0


def _misfit(merchant: Merchant, transaction_type: str, party_b: str) -> Code | None:
    """2028 when the type is not the merchant's, SFC_IC0003 when PartyB is not its paybill or till."""
    if (merchant.till is None) != (transaction_type == PAYBILL):
        return 2028
    return None if party_b == (merchant.till or merchant.shortcode) else "SFC_IC0003"


async def _answer(daraja: Daraja, push: PushRecord, story: Story | None) -> Answer:
    how = story.push if story else Push.ACKNOWLEDGED
    if how is Push.ANSWER_LOST:
        await daraja.pause(daraja.options.lost_response_seconds)
        return CUT
    if how is Push.ERROR_THOUGH_ACCEPTED:
        raise Refusal(500, "500.003.1001", "Internal Server Error")
    return Answer(
        200,
        {
            "MerchantRequestID": push.merchant_request_id,
            "CheckoutRequestID": push.checkout_request_id,
            "ResponseCode": "0",
            "ResponseDescription": ACCEPTED,
            "CustomerMessage": ACCEPTED,
        },
    )
