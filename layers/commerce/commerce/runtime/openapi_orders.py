"""The part of the API document about orders: what buyers call from the basket to the return."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from commerce.checkout.check_voucher import VoucherCheckRequest, VoucherCheckView
from commerce.checkout.requests import CheckoutRequest, RetryRequest
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress, PaymentTooSoon
from commerce.checkout.views import CheckoutView, TrackingView
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import CommitBusy, InvalidRequest, KeyReused, NotFound, TooManyRequests
from commerce.kernel.money import Currency
from commerce.payments.breaker import PaymentMethodUnavailable
from commerce.payments.offer_methods import MethodsView
from commerce.promotions.credit_store import CreditRefused
from commerce.promotions.model import VoucherRefused
from commerce.returns.request_return import NotReturnable
from commerce.returns.requests import ReturnRequest
from commerce.returns.views import AskedView
from commerce.runtime.api_problems import Problem
from commerce.runtime.door import LARGEST_BODY
from commerce.runtime.openapi_answers import Json, answer, body, refusals
from commerce.runtime.openapi_examples import BY_CARD, CHECK, CHECKOUT, RETRY, RETRY_BY_CARD, RETURN, WITH_CODES
from commerce.runtime.openapi_parts import KEY, NOT_SIGNED_IN, NUMBER, REPLAYED, SIGNED_IN_OR_GUEST
from commerce.runtime.problems import BadHeader, BodyTooLarge, Invalid, UnreadableBody


class OutOfStockProblem(Problem):
    """Too little is left of a SKU; `available` units are."""

    sku: str
    available: int


class WaitProblem(Problem):
    """Try again after `retry_after` seconds; the header Retry-After says the same."""

    retry_after: int


MODELS: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    (CheckoutRequest, "validation"),
    (RetryRequest, "validation"),
    (VoucherCheckRequest, "validation"),
    (ReturnRequest, "validation"),
    (CheckoutView, "serialization"),
    (TrackingView, "serialization"),
    (VoucherCheckView, "serialization"),
    (MethodsView, "serialization"),
    (AskedView, "serialization"),
    (OutOfStockProblem, "serialization"),
    (WaitProblem, "serialization"),
]

_BAD_BODIES: tuple[Exception, ...] = (
    UnreadableBody("The body is not valid JSON."),
    BodyTooLarge(f"A request may have {LARGEST_BODY} bytes."),
)
_BAD_KEYS: tuple[Exception, ...] = (
    BadHeader("Send an Idempotency-Key header, a new random value for each order.", field="Idempotency-Key"),
    KeyReused("This Idempotency-Key was used with another request.", field="Idempotency-Key"),
)
_BAD_PHONE = Invalid([{"field": "payment.phone", "message": "not a Kenyan mobile number; write it like 0712 345 678"}])
_NOBODY = NotFound("No order has this number and e-mail address.")
_AGAIN = "This Idempotency-Key was used before with the same request: the same answer again."
_TOO_OFTEN = TooManyRequests("Too many requests. Please wait a moment.", retry_after=42)
_METHOD_DOWN = PaymentMethodUnavailable(
    "This way to pay does not work at the moment. Please choose another, or try again a little later.",
    field="payment.method",
    retry_after=30,
)


def order_paths() -> Json:
    """Return the paths."""
    return {
        "/checkout": {"post": _checkout()},
        "/vouchers/check": {"post": _voucher_check()},
        "/payment-methods": {"get": _payment_methods()},
        "/orders/{number}": {"get": _order()},
        "/orders/{number}/payments": {"post": _payment()},
        "/orders/{number}/returns": {"post": _return()},
    }


def _checkout() -> Json:
    placed = (
        "The order is placed; `payment.status` says whether the payment was asked for, failed, or nobody knows yet. "
        "By card, `client_secret` and `publishable_key` go to Stripe's Payment Element."
    )
    return {
        "tags": ["orders"],
        "summary": "Place an order and start its payment",
        "description": (
            "Holds the goods and starts the payment: a prompt on the phone (M-Pesa), or an intent for Stripe's Payment "
            "Element (card). Prices, delivery, discount, tax and total are the shop's: what a client says of them is "
            "ignored. Store credit is spent first; where it covers everything nothing is left to pay. M-Pesa charges "
            "whole shillings, 1 to 250,000; cents beyond a whole shilling are the shop's gift (`rounding`)."
        ),
        "operationId": "start_checkout",
        "security": SIGNED_IN_OR_GUEST,
        "parameters": [KEY],
        "requestBody": body(
            "CheckoutRequest", {"By M-Pesa": CHECKOUT, "By card": BY_CARD, "Voucher and credit": WITH_CODES}
        ),
        "responses": {
            "201": answer(placed, "CheckoutView"),
            "200": answer(_AGAIN, "CheckoutView", REPLAYED),
            **refusals(NOT_SIGNED_IN),
            **refusals(
                *_BAD_BODIES,
                *_BAD_KEYS,
                _BAD_PHONE,
                InvalidRequest("XYZ is not for sale here.", field="items.0.sku"),
                VoucherRefused(),
                CreditRefused(),
            ),
            **refusals(OutOfStock("LAP-T480-16-512", 1, field="items.0.quantity"), schema="OutOfStockProblem"),
            **refusals(CommitBusy(), _METHOD_DOWN),
        },
    }


def _voucher_check() -> Json:
    return {
        "tags": ["orders"],
        "summary": "Ask what a voucher would do",
        "description": (
            "Uses nothing. A code that is unknown, not yet or no longer valid, used up or not this buyer's has one "
            "answer; a code that is good says what the basket lacks."
        ),
        "operationId": "check_voucher",
        "requestBody": body("VoucherCheckRequest", {"A basket": CHECK}),
        "responses": {
            "200": answer("What the order's discount would be.", "VoucherCheckView"),
            **refusals(*_BAD_BODIES, VoucherRefused(field="code")),
            **refusals(_TOO_OFTEN, schema="WaitProblem"),
        },
    }


def _payment_methods() -> Json:
    return {
        "tags": ["orders"],
        "summary": "List the ways to pay",
        "description": "Which of them can be chosen now, for a currency and what is to be paid; the rest say why not.",
        "operationId": "offer_payment_methods",
        "parameters": [
            {
                "name": "currency",
                "in": "query",
                "schema": {"enum": [str(currency) for currency in Currency], "default": "KES"},
            },
            {
                "name": "total",
                "in": "query",
                "description": "What is to be paid, in minor units; without it limits are not looked at.",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10**12 - 1},
            },
        ],
        "responses": {
            "200": answer("Every way to pay.", "MethodsView"),
            **refusals(InvalidRequest("Give whole minor units.", field="total")),
        },
    }


def _payment() -> Json:
    return {
        "tags": ["orders"],
        "summary": "Try to pay an order again",
        "description": (
            "By the same method or another: after an attempt that failed, and never while one may still bring money. A "
            "card payment that waits for its buyer is ended first."
        ),
        "operationId": "retry_payment",
        "security": SIGNED_IN_OR_GUEST,
        "parameters": [NUMBER, KEY],
        "requestBody": body("RetryRequest", {"By M-Pesa": RETRY, "By card": RETRY_BY_CARD}),
        "responses": {
            "201": answer("The further attempt was started.", "CheckoutView"),
            "200": answer(_AGAIN, "CheckoutView", REPLAYED),
            **refusals(*_BAD_BODIES, *_BAD_KEYS, _BAD_PHONE),
            **refusals(NOT_SIGNED_IN),
            **refusals(_NOBODY),
            **refusals(
                PaymentInProgress("A payment of this order is under way."),
                OrderNotPayable("Order 7K2M9QX4TD is expired."),
                PaymentTooSoon("Please wait 97 seconds before trying again.", retry_after=97),
            ),
            **refusals(CommitBusy(), _METHOD_DOWN),
        },
    }


def _order() -> Json:
    email: Json = {
        "name": "email",
        "in": "query",
        "required": True,
        "description": "The e-mail address the order was placed with.",
        "schema": {"type": "string", "examples": ["wanjiku@example.com"]},
    }
    shown = "The order, its payment, its parcels, returns and refunds, and what happened so far."
    return {
        "tags": ["orders"],
        "summary": "Show an order",
        "description": "For whoever knows its number and its buyer's e-mail address.",
        "operationId": "show_order",
        "parameters": [NUMBER, email],
        "responses": {
            "200": answer(shown, "TrackingView"),
            **refusals(_NOBODY),
            **refusals(_TOO_OFTEN, schema="WaitProblem"),
        },
    }


def _return() -> Json:
    return {
        "tags": ["orders"],
        "summary": "Ask to send goods back",
        "description": "For the money or for store credit. Staff decide; the goods go back after they approved.",
        "operationId": "request_return",
        "parameters": [NUMBER, KEY],
        "requestBody": body("ReturnRequest", {"One of two": RETURN}),
        "responses": {
            "201": answer("The return was asked for.", "AskedView"),
            "200": answer(_AGAIN, "AskedView", REPLAYED),
            **refusals(*_BAD_BODIES, *_BAD_KEYS),
            **refusals(_NOBODY),
            **refusals(NotReturnable("The time to give back goods of this order is over.")),
            **refusals(_TOO_OFTEN, schema="WaitProblem"),
            **refusals(CommitBusy()),
        },
    }
