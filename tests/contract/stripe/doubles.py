"""Stripe's end of the wire, with Stripe's own sample objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
from hypothesis import strategies as st

from commerce.kernel.money import Currency, Money
from commerce.payments.port import LookUpRequest, References, RefundRequest, StartRequest
from commerce.payments.providers.stripe.client import StripeApi
from commerce.payments.providers.stripe.config import StripeConfig, StripeKeys
from commerce.payments.providers.stripe.provider import StripeProvider

BODIES = Path(__file__).parent
CONFIG = StripeConfig(api_base="https://stripe.test/stripe")
KEYS = StripeKeys(secret="sk_test_the_secret", publishable="pk_test_the_public")
NUMBER = "7K3M9QXW2A"
INTENT = "pi_3Salama"
SECRET = "pi_3Salama_secret_shh"
CHARGE = "ch_3Salama"

Body = dict[str, Any]
Reply = httpx.Response | Exception
Handler = Callable[[httpx.Request], httpx.Response]


@cache
def _sample(name: str) -> str:
    return (BODIES / f"{name}.json").read_text(encoding="utf-8")


def sample(name: str, **changes: Any) -> Body:
    """Return one of Stripe's sample objects with some members changed."""
    return {**json.loads(_sample(name)), **deepcopy(changes)}


def intent(status: str = "requires_payment_method", **changes: Any) -> Body:
    paid = {"amount_received": 120_000, "latest_charge": CHARGE} if status == "succeeded" else {}
    ours = {
        "id": INTENT,
        "amount": 120_000,
        "currency": "kes",
        "client_secret": SECRET,
        "metadata": {"order_number": NUMBER, "attempt": "1"},
    }
    return sample("payment_intent", **{**ours, "status": status, **paid, **changes})


def refund(refund_id: str = "re_1", status: str = "succeeded", **changes: Any) -> Body:
    ours = {
        "amount": 120_000,
        "currency": "kes",
        "charge": CHARGE,
        "payment_intent": INTENT,
        "metadata": {"order_number": NUMBER, "reference": f"{NUMBER}-R1"},
    }
    return sample("refund", **{**ours, "id": refund_id, "status": status, **changes})


def charge(**changes: Any) -> Body:
    return sample("charge", **{"id": CHARGE, "amount": 120_000, "amount_captured": 120_000, **changes})


def page(*found: Body, more: bool = False) -> Body:
    return {"object": "list", "url": "/v1/refunds", "has_more": more, "data": list(found)}


def ok(body: Any, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(body), headers=headers)


def failure(status: int, kind: str, code: str | None = None, *, replayed: bool = False, **more: Any) -> httpx.Response:
    error = {"type": kind, "message": "words for people", **({} if code is None else {"code": code}), **more}
    headers = {"Request-Id": "req_1", **({"Idempotent-Replayed": "true"} if replayed else {})}
    return httpx.Response(status, content=json.dumps({"error": error}), headers=headers)


class Wire:
    """Answers with the replies it was given, in order; keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.calls: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        assert self.replies, f"nobody expected {request.method} {request.url}"
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @property
    def asked(self) -> list[str]:
        """Method and path of each call, without the API's base."""
        return [f"{call.method} {call.url.path.removeprefix('/stripe/v1')}" for call in self.calls]

    def keys(self) -> list[str]:
        return [call.headers["Idempotency-Key"] for call in self.calls if call.method == "POST"]


def form(request: httpx.Request) -> dict[str, str]:
    """Return what a request sent, from its body or its query."""
    sent = request.content.decode() if request.method == "POST" else request.url.query.decode()
    return dict(parse_qsl(sent, strict_parsing=True)) if sent else {}


def no_pause(seconds: float) -> None:
    """Waits for nothing."""


def api_over(
    handler: Handler, config: StripeConfig = CONFIG, keys: Callable[[], StripeKeys] = lambda: KEYS
) -> StripeApi:
    return StripeApi(config, keys, transport=httpx.MockTransport(handler), pause=no_pause)


def provider_over(handler: Handler) -> StripeProvider:
    return StripeProvider(api_over(handler))


def kes(shillings: int) -> Money:
    return Money(shillings * 100, Currency.KES)


def start_request(**changes: Any) -> StartRequest:
    values: dict[str, Any] = {
        "order_number": NUMBER,
        "attempt": 1,
        "amount": kes(1200),
        "callback_url": "https://shop.test/hooks/stk/unguessable-token",
        "description": "Order 7K3M9QXW2A at Salama",
        "email": "wanjiku@example.com",
    }
    return StartRequest(**{**values, **changes})


def look_up_request(payment_id: str | None = INTENT, **changes: Any) -> LookUpRequest:
    return LookUpRequest(start_request(**changes), References(None, payment_id))


def refund_request(**changes: Any) -> RefundRequest:
    values: dict[str, Any] = {
        "order_number": NUMBER,
        "reference": f"{NUMBER}-R1",
        "payment": References(None, INTENT),
        "receipt": CHARGE,
        "amount": kes(1200),
        "captured": kes(1200),
        "result_url": "https://shop.test/hooks/daraja/unguessable-token/result",
        "timeout_url": "https://shop.test/hooks/daraja/unguessable-token/timeout",
        "remarks": "Paid after the order expired",
    }
    return RefundRequest(**{**values, **changes})


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


@st.composite
def spoiled(draw: st.DrawFn, body: Body) -> Any:
    """Return an object with members missing or of another type, also inside it, or something else altogether."""
    if draw(st.integers(0, 20)) == 0:
        return draw(JUNK)
    result: Body = {}
    for name, value in body.items():
        fate = draw(st.sampled_from(("keep", "keep", "keep", "keep", "drop", "junk", "inside")))
        if fate == "junk":
            result[name] = draw(JUNK)
        elif fate == "inside" and isinstance(value, dict):
            result[name] = draw(spoiled(value))
        elif fate == "inside" and isinstance(value, list):
            result[name] = [draw(spoiled(one)) if isinstance(one, dict) else draw(JUNK) for one in value]
        elif fate != "drop":
            result[name] = value
    return result
