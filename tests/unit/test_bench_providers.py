"""The benchmark's providers answer over real HTTP, and as the real ones do where the figures depend on it."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any
from urllib.parse import urlencode

from commerce.payments.providers.stripe.signatures import fault_of
from sandbox.bench.daraja import NO_ANSWER, PUSH, QUERY, stub_daraja
from sandbox.bench.stripe import INTENTS, WEBHOOK_SECRET, stub_stripe

NUMBER = "7K2M9QX4TD"


def call(url: str, body: str | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(url, body.encode() if body is not None else None, timeout=5) as answer:
        read: dict[str, Any] = json.loads(answer.read())
    return read


def test_a_card_is_paid_when_it_is_looked_up() -> None:
    asked = {"amount": 180_000, "currency": "kes", "metadata[order_number]": NUMBER, "metadata[attempt]": 1}
    heard: list[str] = []
    with stub_stripe() as stripe:
        stripe.stand.on_call = heard.append
        made = call(stripe.stand.url + INTENTS, urlencode(asked))
        paid = call(f"{stripe.stand.url}{INTENTS}/{made['id']}")
    assert (made["status"], made["amount_received"]) == ("requires_payment_method", 0)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 180_000)
    assert paid["metadata"] == {"order_number": NUMBER, "attempt": "1"}
    assert heard == ["stripe:create", "stripe:retrieve"]


def test_its_events_bear_a_signature_that_the_webhook_takes() -> None:
    with stub_stripe() as stripe:
        event = stripe.event(NUMBER)
    body, header = event["body"].encode(), event["headers"]["stripe-signature"]
    assert fault_of(header, body, [WEBHOOK_SECRET], time.time()) is None
    assert fault_of(header, body + b" ", [WEBHOOK_SECRET], time.time()) is not None
    assert json.loads(body)["data"]["object"]["metadata"]["order_number"] == NUMBER


def test_a_push_is_answered_for_as_the_benchmark_says() -> None:
    heard: list[str] = []
    with stub_daraja() as daraja:
        daraja.stand.on_call = heard.append
        pushed = call(daraja.stand.url + PUSH, "{}")
        daraja.outcome = NO_ANSWER
        said = call(daraja.stand.url + QUERY, json.dumps({"CheckoutRequestID": pushed["CheckoutRequestID"]}))
    assert said["ResultCode"] == NO_ANSWER
    assert said["MerchantRequestID"] == pushed["MerchantRequestID"]
    assert heard == ["daraja:push", "daraja:query"]
