"""Answers and the status page: replays say the same, the page says what the API does, and secrets stay inside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable, PaymentTooSoon
from commerce.checkout.timeline import TIMELINE_TEXTS
from commerce.checkout.track_order import find_account
from commerce.checkout.views import TrackingView, placed_view, tracking_view
from commerce.kernel.errors import NotFound
from commerce.ordering.model import MOST_ATTEMPTS
from commerce.payments.port import PaymentClaim, Refused, StartOutcome
from commerce.runtime.event_schemas import event_types
from tests.support.interleave import calls_of
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop


def body(placed: Placement) -> str:
    return placed_view(placed.order, placed.attempt).model_dump_json()


def page(shop: Shop, placed: Placement) -> TrackingView:
    return tracking_view(shop.account(placed), shop.clock.now())


@pytest.fixture
def stocked(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=3)
    return quick


@pytest.mark.parametrize("answer", ["ok", "lost", "refused"])
@pytest.mark.parametrize("end", ["paid", "failed", "expired", "review", "nothing"])
def test_replay_says_the_same_whatever_became_of_the_order(stocked: Shop, mpesa: Mpesa, answer: str, end: str) -> None:
    """Case 5: the answer to a checkout is how it started, for ever."""
    mpesa.push_answers = answer
    placed = stocked.order("key", ("LAP-1", 1))
    first, number = body(placed), placed.order.number
    if end == "expired":
        stocked.expire(placed)
    elif end != "nothing" and answer != "refused":
        claims = {
            "paid": lambda: mpesa.pay(number),
            "failed": lambda: mpesa.fail(number, code="1032"),
            "review": lambda: mpesa.pay(number, amount=100),
        }
        stocked.verify(placed, claim=claims[end]())
        assert page(stocked, placed).payment.status == end
    assert body(stocked.order("key", ("LAP-1", 1))) == first


def test_status_page_costs_one_read(stocked: Shop) -> None:
    placed = stocked.order("key", ("LAP-1", 1))
    email = placed.order.terms.customer.email
    calls = calls_of(stocked, lambda: find_account(stocked.till.payments, placed.order.number, email))
    assert calls == ["Query"]


def test_wrong_number_and_wrong_address_are_the_same(stocked: Shop) -> None:
    placed = stocked.order("key", ("LAP-1", 1))
    payments, email = stocked.till.payments, placed.order.terms.customer.email
    assert find_account(payments, placed.order.number.lower(), f" {email.upper()} ").order.number == placed.order.number
    messages = set()
    for number, address in ((placed.order.number, "x@y.zz"), ("ZZZZZZZZZZ", email), ("../x", email), ("", "")):
        with pytest.raises(NotFound) as refused:
            find_account(payments, number, address)
        messages.add((refused.value.detail, refused.value.field))
    assert len(messages) == 1


def test_page_allows_a_retry_when_the_api_does(stocked: Shop, mpesa: Mpesa) -> None:
    placed = stocked.order("key", ("LAP-1", 1))
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert page(stocked, placed).payment.retry_allowed is False
        stocked.verify(placed, attempt, mpesa.fail(placed.order.number, attempt))
        assert page(stocked, placed).payment.retry_allowed is (attempt < MOST_ATTEMPTS)
        if attempt < MOST_ATTEMPTS:
            stocked.pay_again(placed, f"try {attempt}")
    with pytest.raises(OrderNotPayable):
        stocked.pay_again(placed, "one more")


def test_page_stops_allowing_when_the_hold_ends(stocked: Shop, mpesa: Mpesa) -> None:
    placed = stocked.order("key", ("LAP-1", 1))
    stocked.verify(placed, claim=mpesa.fail(placed.order.number))
    stocked.clock.moment = placed.order.reserved_until
    assert page(stocked, placed).payment.retry_allowed is False
    with pytest.raises(OrderNotPayable):
        stocked.pay_again(placed, "again")


def test_same_amount_too_soon(stocked: Shop, mpesa: Mpesa) -> None:
    """Case 25: code 17: the page and the API say from when on another try makes sense."""
    answers: list[StartOutcome] = [Refused("17", "too_soon", retry_after_seconds=120)]
    push = mpesa.start
    mpesa.start = lambda request: answers.pop() if answers else push(request)  # type: ignore[method-assign]
    placed = stocked.order("key", ("LAP-1", 1))
    payment = page(stocked, placed).payment
    assert (payment.status, payment.retry_allowed) == ("failed", True)
    assert payment.retry_after == "2026-11-22T09:02:00.000Z"
    with pytest.raises(PaymentTooSoon) as refused:
        stocked.pay_again(placed, "again")
    assert 120 <= refused.value.retry_after <= 121
    stocked.clock.forward(timedelta(seconds=120))
    assert page(stocked, placed).payment.retry_after is None
    stocked.pay_again(placed, "again")


def test_another_way_to_pay_need_not_wait(stocked: Shop, mpesa: Mpesa) -> None:
    """The pause is M-Pesa's own."""
    mpesa.start = lambda request: Refused("17", "too_soon", retry_after_seconds=120)  # type: ignore[method-assign]
    placed = stocked.order("key", ("LAP-1", 1))
    with pytest.raises(PaymentTooSoon):
        stocked.pay_again(placed, "by phone")
    assert stocked.pay_again(placed, "by card", method="card").attempt.live


def test_nothing_secret_on_the_page(stocked: Shop, mpesa: Mpesa) -> None:
    placed = stocked.order("key", ("LAP-1", 1))
    stocked.verify(placed, claim=mpesa.pay(placed.order.number))
    text = page(stocked, placed).model_dump_json()
    prompt = mpesa.prompts[placed.order.number, 1]
    for secret in (prompt.references.payment_id, placed.order.fingerprint, placed.order.id, "254712345678"):
        assert secret is not None
        assert secret not in text.replace(placed.order.terms.customer.phone, "")


def test_events_hold_no_personal_data(stocked: Shop, mpesa: Mpesa) -> None:
    placed = stocked.order("key", ("LAP-1", 1))
    stocked.verify(placed, claim=mpesa.fail(placed.order.number))
    stocked.pay_again(placed, "again")
    stocked.verify(placed, 2, mpesa.pay(placed.order.number, 2))
    text = "".join(event.model_dump_json() for event in stocked.events(placed))
    terms = placed.order.terms
    for private in ("712345678", terms.customer.email, terms.customer.name, terms.delivery.address.line1, "ws_CO"):
        assert private not in text


def test_every_text_is_of_an_event_that_exists() -> None:
    assert set(TIMELINE_TEXTS) <= set(event_types())


def test_forged_receipt_is_not_shown(stocked: Shop, mpesa: Mpesa) -> None:
    """Promise 4: what only a callback said is on no page."""
    placed = stocked.order("key", ("LAP-1", 1))
    claim = PaymentClaim(mpesa.prompts[placed.order.number, 1].references, "0", "RFORGED", 180_000)
    stocked.verify(placed, claim=claim)
    assert "RFORGED" not in page(stocked, placed).model_dump_json()
