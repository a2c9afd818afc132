"""The world around the shop: handsets that show prompts, cards that are charged, providers that post what happened."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from commerce.payments.port import DisputeEntry, RecordRequest, RefundEntry
from tests.handlers.world import STRIPE_SECRET
from tests.support.card import Intent
from tests.support.cloud.cloud import PARAMETERS, Cloud
from tests.support.mpesa import Prompt
from tests.support.shop import checkout_body

API = PARAMETERS["PublicBaseUrl"]
#: How long a buyer looks for the PIN, and how long a provider takes to post a result.
PIN_SECONDS, RESULT_SECONDS = 20, 30


@dataclass
class Outside:
    """Everybody who is not the shop. What they notice, they act on: prompts, refunds, states of a card's payment.

    Parameters
    ----------
    at_the_prompt
        What a buyer does whose phone shows a prompt: ``pay``, ``cancel``, ``ignore``, or ``late`` (M-Pesa books the
        money when the hold is long gone).
    with_the_card
        What a buyer does with the card form: ``pay`` or ``leave``.
    claimed_receipt
        What callbacks name as the receipt, where it is not the payment's own.
    """

    cloud: Cloud
    at_the_prompt: str = "pay"
    with_the_card: str = "pay"
    claimed_receipt: str | None = None
    orders: dict[str, str] = field(default_factory=dict)
    _noticed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cloud.watchers.append(self.notice)

    # Buyers.

    def buy(self, key: str, sku: str = "LAP-1", **changes: Any) -> str | None:
        """Check out, as a browser that insists; return the order's number, or None where it was refused."""
        status, answer = self.cloud.insist("POST", "/checkout", checkout_body((sku, 1), **changes), idempotency_key=key)
        if status not in (200, 201):
            return None
        number = str(answer["order"]["number"])
        self.orders[key] = number
        return number

    def pay_again(self, number: str, key: str, **payment: Any) -> int:
        """Try to pay an order again; return the status."""
        body = {"email": "wanjiku@example.com", "payment": payment or {"method": "mpesa", "phone": "0712345678"}}
        return self.cloud.insist("POST", f"/orders/{number}/payments", body, idempotency_key=key)[0]

    # What happens of its own accord.

    def notice(self) -> None:
        """Look at the handsets and at the providers' books; act on what is new."""
        for prompt in list(self.cloud.mpesa.prompts.values()):
            self._once(f"prompt {prompt.order_number} {prompt.attempt}", partial(self._answer, prompt))
        for reference, refund in list(self.cloud.mpesa.given_back.items()):
            self._once(f"refund {reference}", partial(self._post_refund_result, refund.result_url))
        for asked in list(self.cloud.mpesa.asked):
            self._once(f"record {asked.receipt}", partial(self._post_record, asked))
        card = self.cloud.shop.card
        for name, intent in list(card.intents.items()):
            if intent.status == "waiting" and self.with_the_card == "pay":
                self._once(f"form {name}", partial(self._charge, name))
            elif intent.status != "waiting":
                self._once(f"intent {name} {intent.status}", partial(self._post_intent, intent))
        for receipt in sorted({*card.refunds, *card.disputes}):
            for entry in list(card.refunds.get(receipt, ())):
                self._once(f"entry {entry.id} {entry.state}", partial(self._post_refund, receipt, entry))
            dispute = card.disputes.get(receipt)
            if dispute:
                self._once(f"dispute of {receipt} {dispute.status}", partial(self._post_dispute, receipt, dispute))

    def _once(self, what: str, act: Callable[[], None]) -> None:
        if what not in self._noticed:
            self._noticed.add(what)
            act()

    def _answer(self, prompt: Prompt) -> None:
        names = (prompt.order_number, prompt.attempt)
        mpesa, url = self.cloud.mpesa, self._callback_url(prompt)
        if self.at_the_prompt in ("pay", "late"):
            wait = PIN_SECONDS if self.at_the_prompt == "pay" else 40 * 60

            def enter_pin() -> None:
                if prompt.captured is None and prompt.failure is None:
                    mpesa.pay(*names)
                    self._post("stk", url, stk_callback(prompt, self.claimed_receipt))

            self.cloud.at(timedelta(seconds=wait), enter_pin)
        elif self.at_the_prompt == "cancel":

            def press_cancel() -> None:
                mpesa.fail(*names, code="1032")
                self._post("stk", url, stk_callback(prompt))

            self.cloud.at(timedelta(seconds=PIN_SECONDS), press_cancel)

    def _callback_url(self, prompt: Prompt) -> str:
        names = (prompt.order_number, prompt.attempt)
        return next(one.callback_url for one in self.cloud.mpesa.started if (one.order_number, one.attempt) == names)

    def _post_refund_result(self, url: str) -> None:
        token = url.rsplit("/", 2)[1]
        self._post("refund result", url, refund_result(token), after=RESULT_SECONDS)

    def _post_record(self, request: RecordRequest) -> None:
        prompt = next((one for one in self.cloud.mpesa.prompts.values() if one.receipt == request.receipt), None)
        if prompt is not None and prompt.captured is not None:
            self._post("record", request.result_url, record_result(prompt), after=RESULT_SECONDS)

    def _charge(self, name: str) -> None:
        def confirm() -> None:
            if self.cloud.shop.card.intents[name].status == "waiting":
                self.cloud.shop.card.pay(name)

        self.cloud.at(timedelta(seconds=PIN_SECONDS), confirm)

    def _post_intent(self, intent: Intent) -> None:
        request = intent.request
        about = {"id": intent.id, "metadata": {"order_number": request.order_number, "attempt": str(request.attempt)}}
        self._post_stripe(f"payment_intent.{intent.status}", f"{intent.id}_{intent.status}", about)

    def _post_refund(self, receipt: str, entry: RefundEntry) -> None:
        self._post_stripe("charge.refunded", f"{entry.id}_{entry.state}", {"id": receipt})

    def _post_dispute(self, receipt: str, dispute: DisputeEntry) -> None:
        kind = "charge.dispute.created" if dispute.status == "open" else "charge.dispute.closed"
        self._post_stripe(kind, f"{receipt}_{dispute.status}", {"id": dispute.id, "charge": receipt})

    def _post_stripe(self, kind: str, name: str, about: dict[str, Any]) -> None:
        def post() -> None:
            body = json.dumps({"id": f"evt_{name}", "object": "event", "type": kind, "data": {"object": about}})
            moment = int(time.time())
            secret = STRIPE_SECRET["webhook_secrets"].encode()
            digest = hmac.new(secret, f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
            # Stripe repeats an event that was not answered with 2xx.
            self.cloud.insist("POST", "/hooks/stripe", body, stripe_signature=f"t={moment},v1={digest}")

        self.cloud.later("stripe event", timedelta(seconds=2), post)

    def _post(self, name: str, url: str, body: Any, *, after: int = 2) -> None:
        # Daraja posts once, whatever is answered.
        path = url.removeprefix(API)
        self.cloud.later(name, timedelta(seconds=after), lambda: self.cloud.request("POST", path, body))


def stk_callback(prompt: Prompt, receipt: str | None = None) -> dict[str, Any]:
    """What Daraja posts of a prompt that ended (shape: events/receive_stk_callback)."""
    body: dict[str, Any] = {
        "MerchantRequestID": prompt.references.request_id,
        "CheckoutRequestID": prompt.references.payment_id,
        "ResultCode": 0 if prompt.captured is not None else int(prompt.failure or "1037"),
        "ResultDesc": "as a test wants it",
    }
    if prompt.captured is not None:
        body["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": prompt.captured // 100},
                {"Name": "MpesaReceiptNumber", "Value": receipt or prompt.receipt},
                {"Name": "TransactionDate", "Value": 20261122120015},
                {"Name": "PhoneNumber", "Value": 254712345678},
            ]
        }
    return {"Body": {"stkCallback": body}}


def refund_result(name: str) -> dict[str, Any]:
    """What Daraja posts of a refund that it made (shape: events/receive_daraja_result/reversal_done)."""
    return {
        "Result": {
            "ResultType": 0,
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "OriginatorConversationID": name[:20],
            "ConversationID": f"AG_{name[:20]}",
            "TransactionID": "T" + name[:9].upper(),
            "ResultParameters": {"ResultParameter": [{"Key": "TransCompletedTime", "Value": 20261122123109}]},
        }
    }


def record_result(prompt: Prompt) -> dict[str, Any]:
    """What Daraja posts of a receipt that was asked for (shape: events/receive_daraja_result/payment_record)."""
    parameters = [
        {"Key": "DebitPartyName", "Value": "254712345678 - Wanjiku Kamau"},
        {"Key": "TransactionStatus", "Value": "Completed"},
        {"Key": "Amount", "Value": (prompt.captured or 0) / 100},
        {"Key": "ReceiptNo", "Value": prompt.receipt},
    ]
    return {
        "Result": {
            "ResultType": 0,
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "OriginatorConversationID": "query",
            "ConversationID": "AG_query",
            "TransactionID": "SB60000000",
            "ResultParameters": {"ResultParameter": parameters},
        }
    }
