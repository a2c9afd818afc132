"""What the shop sends to Stripe, checked against the parameter types that Stripe generates from its own API."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from functools import cache
from typing import Any, Literal, Union

import httpx
import pytest
import typing_extensions
from hypothesis import given
from hypothesis import strategies as st
from stripe import RequestOptions, params

from commerce.kernel.money import Currency, Money
from commerce.payments.port import References
from commerce.payments.providers.stripe import payloads
from commerce.payments.providers.stripe.client import StripeApi
from commerce.payments.providers.stripe.registration import CAPABILITIES, LARGEST_AMOUNT, configured
from tests.contract.stripe import doubles
from tests.contract.stripe.doubles import CHARGE, INTENT, Wire, api_over, form, ok, refund_request, start_request

OPTIONS = set(RequestOptions.__annotations__)


@cache
def members(kind: type) -> dict[str, Any]:
    """Return a TypedDict's members, but for the SDK's own options."""
    modules = vars(sys.modules[RequestOptions.__module__]) | vars(sys.modules[kind.__module__])
    space = {**modules, "StripeContext": object}
    found = typing_extensions.get_type_hints(kind, globalns=space)
    return {name: hint for name, hint in found.items() if name not in OPTIONS}


def complaint(value: Any, hint: Any, at: str = "") -> str | None:
    """Return where a value is not of a parameter's type; None where it is, all the way down."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if typing_extensions.is_typeddict(hint):
        known = members(hint)
        if not isinstance(value, dict):
            return f"{at} is no object"
        for name, one in value.items():
            if name not in known:
                return f"{at}.{name} is unknown"
            if (wrong := complaint(one, known[name], f"{at}.{name}")) is not None:
                return wrong
        missing = {name for name in hint.__required_keys__ if name in known} - value.keys()
        return f"{at} lacks {sorted(missing)}" if missing else None
    if origin is Literal:
        return None if value in inner else f"{at} is {value!r}, not one of {inner}"
    if origin in (Union, types.UnionType):
        # Enumerations that may grow are a union with str; what is sent must be one of those known.
        closed = [one for one in inner if typing.get_origin(one) is Literal]
        options = [one for one in inner if one is not str] if closed else list(inner)
        wrongs = [complaint(value, one, at) for one in options]
        return None if None in wrongs else wrongs[0]
    if origin is list:
        faults = [complaint(one, inner[0], f"{at}[]") for one in value] if isinstance(value, list) else [f"{at}: list"]
        return next((fault for fault in faults if fault), None)
    if origin is dict:
        right = isinstance(value, dict) and all(isinstance(part, str) for pair in value.items() for part in pair)
        return None if right else f"{at} is no map of texts"
    kind = origin or hint
    exact = not isinstance(value, bool) or kind is bool
    return None if exact and isinstance(kind, type) and isinstance(value, kind) else f"{at} is no {kind}"


def nested(flat: dict[str, str]) -> dict[str, Any]:
    """Undo Stripe's form encoding: ``a[b]=c`` is ``{"a": {"b": "c"}}``; numbers and truths are read back."""
    result: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.replace("]", "").split("[")
        inner = result
        for step in path:
            inner = inner.setdefault(step, {})
        plain: Any = {"True": True, "true": True, "False": False, "false": False}.get(value, value)
        inner[last] = int(value) if value.isdigit() and "metadata" not in path else plain
    return result


AMOUNTS = st.integers(min_value=1, max_value=LARGEST_AMOUNT)
STARTS = st.builds(
    start_request,
    order_number=st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=10, max_size=10),
    attempt=st.integers(1, 99),
    amount=st.builds(Money, AMOUNTS, st.sampled_from(Currency)),
    email=st.none() | st.emails(),
    description=st.text(),
)
REFUNDS = st.builds(
    refund_request,
    amount=st.builds(Money, AMOUNTS, st.sampled_from(Currency)),
    payment=st.builds(References, st.none(), st.none() | st.just(INTENT)),
    receipt=st.just(CHARGE),
    remarks=st.text(),
)


@given(STARTS)
def test_an_intent_has_only_what_stripe_knows(request: Any) -> None:
    sent = payloads.intent(request)
    assert complaint(sent, params.PaymentIntentCreateParams) is None
    assert (sent["amount"], sent["currency"]) == (request.amount.amount, request.amount.currency.value.lower())


@given(REFUNDS)
def test_a_refund_has_only_what_stripe_knows(request: Any) -> None:
    sent = payloads.refund(request)
    assert complaint(sent, params.RefundCreateParams) is None
    assert ("payment_intent" in sent) != ("charge" in sent)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (payloads.cancellation(), params.PaymentIntentCancelParams),
        (payloads.refunds(intent_id=INTENT), params.RefundListParams),
        (payloads.refunds(charge=CHARGE, after="re_1"), params.RefundListParams),
        (payloads.disputes(CHARGE), params.DisputeListParams),
    ],
)
def test_the_other_requests_have_only_what_stripe_knows(sent: Any, kind: Any) -> None:
    assert complaint(sent, kind) is None


@pytest.mark.parametrize(
    ("sent", "kind", "wrong"),
    [
        ({"amount": 1, "currency": "kes", "colour": "red"}, params.PaymentIntentCreateParams, ".colour is unknown"),
        ({"amount": "1", "currency": "kes"}, params.PaymentIntentCreateParams, ".amount is no"),
        ({"amount": True, "currency": "kes"}, params.PaymentIntentCreateParams, ".amount is no"),
        ({"amount": 1}, params.PaymentIntentCreateParams, "lacks ['currency']"),
        (
            {"amount": 1, "currency": "kes", "automatic_payment_methods": {"enabled": True, "allow_redirects": "no"}},
            params.PaymentIntentCreateParams,
            ".automatic_payment_methods.allow_redirects is 'no'",
        ),
        ({"metadata": {"a": 1}}, params.RefundCreateParams, ".metadata"),
        ({"reason": "late"}, params.RefundCreateParams, ".reason is 'late'"),
        ({"cancellation_reason": "tired"}, params.PaymentIntentCancelParams, ".cancellation_reason is 'tired'"),
        ({"limit": "100"}, params.RefundListParams, ".limit is no"),
    ],
)
def test_the_check_itself_finds_what_is_wrong(sent: Any, kind: Any, wrong: str) -> None:
    assert wrong in str(complaint(sent, kind))


CALLS: dict[str, tuple[Any, str, Any]] = {
    "create_intent": (lambda api: api.create_intent(start_request()), "POST /payment_intents",
                      params.PaymentIntentCreateParams),
    "retrieve_intent": (lambda api: api.retrieve_intent(INTENT), f"GET /payment_intents/{INTENT}",
                        params.PaymentIntentRetrieveParams),
    "cancel_intent": (lambda api: api.cancel_intent(INTENT), f"POST /payment_intents/{INTENT}/cancel",
                      params.PaymentIntentCancelParams),
    "create_refund": (lambda api: api.create_refund(refund_request()), "POST /refunds",
                      params.RefundCreateParams),
    "retrieve_refund": (lambda api: api.retrieve_refund("re_1"), "GET /refunds/re_1", params.RefundRetrieveParams),
    "list_refunds": (lambda api: api.list_refunds(intent_id=INTENT, after="re_9"), "GET /refunds",
                     params.RefundListParams),
    "retrieve_charge": (lambda api: api.retrieve_charge(CHARGE), f"GET /charges/{CHARGE}", params.ChargeRetrieveParams),
    "list_disputes": (lambda api: api.list_disputes(CHARGE), "GET /disputes", params.DisputeListParams),
}  # fmt: skip


def test_every_call_is_looked_at() -> None:
    public = {name for name, one in inspect.getmembers(StripeApi, inspect.isfunction) if not name.startswith("_")}
    assert public - {"close"} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_what_goes_out_is_what_stripe_knows(name: str) -> None:
    ask, asked, kind = CALLS[name]
    wire = Wire(ok({"id": "x", "object": "list", "data": []}))
    ask(api_over(wire))
    [request] = wire.calls
    assert wire.asked == [asked]
    assert request.url.copy_with(path="/", query=None) == "https://stripe.test/"
    assert request.headers["Authorization"] == "Bearer sk_test_the_secret"
    assert complaint(nested(form(request)), kind) is None
    assert ("Idempotency-Key" in request.headers) == (request.method == "POST")
    assert "X-Stripe-Client-Telemetry" not in request.headers
    assert "telemetry_id" not in request.headers["X-Stripe-Client-User-Agent"]


def test_an_intent_on_the_wire() -> None:
    wire = Wire(ok(doubles.intent()))
    api_over(wire).create_intent(start_request())
    assert form(wire.calls[0]) == {
        "amount": "120000",
        "currency": "kes",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "description": "Order 7K3M9QXW2A",
        "metadata[order_number]": "7K3M9QXW2A",
        "metadata[attempt]": "1",
    }
    assert wire.keys() == ["7K3M9QXW2A-1"]


def test_the_same_attempt_always_makes_the_same_request() -> None:
    """Whatever the caller knows by then: Stripe takes nothing else under the attempt's key."""
    first, later = start_request(), start_request(email=None, description="", callback_url="https://elsewhere.test")
    assert payloads.intent(first) == payloads.intent(later)


def test_a_refund_on_the_wire() -> None:
    wire = Wire(ok(doubles.refund()), ok(doubles.refund()))
    api = api_over(wire)
    api.create_refund(refund_request())
    api.create_refund(refund_request(payment=References()))
    assert form(wire.calls[0]) == {
        "payment_intent": INTENT,
        "amount": "120000",
        "metadata[order_number]": "7K3M9QXW2A",
        "metadata[reference]": "7K3M9QXW2A-R1",
    }
    assert form(wire.calls[1])["charge"] == CHARGE
    assert wire.keys() == ["7K3M9QXW2A-R1", "7K3M9QXW2A-R1"]
    with pytest.raises(ValueError, match="intent or of a charge"):
        payloads.refund(refund_request(payment=References(), receipt=None))


def test_cancelling_twice_is_two_requests_to_stripe() -> None:
    wire = Wire(ok(doubles.intent("canceled")), ok(doubles.intent("canceled")))
    api = api_over(wire)
    api.cancel_intent(INTENT)
    api.cancel_intent(INTENT)
    assert len(set(wire.keys())) == 2, "Stripe would repeat a refusal that is over"


def test_an_id_cannot_lead_to_another_address() -> None:
    wire = Wire(httpx.Response(404, json={}))
    api_over(wire).retrieve_charge("../v1/balance?x=")
    assert wire.calls[0].url.raw_path.startswith(b"/stripe/v1/charges/..%2Fv1%2Fbalance%3Fx%3D")


def test_what_cards_can_do() -> None:
    assert CAPABILITIES.methods == {"card"}
    assert CAPABILITIES.limits == {Currency.KES: (100_00, 999_999_99), Currency.USD: (50, 999_999_99)}
    assert not configured({})
    assert not configured({"STRIPE_SECRET_ID": ""})
    assert configured({"STRIPE_SECRET_ID": "salama/stripe"})
