"""A provider that is down: the circuit opens, nothing is held for it, and one payment at a time tries it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.inventory.store import OutOfStock
from commerce.payments.breaker import FAILURES, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PaymentMethodUnavailable
from commerce.payments.verify_payment import give_up
from tests.support.interleave import WRITE, calls_of, interleaving
from tests.support.promises import assert_kept
from tests.support.shop import Shop

CARD = {"payment": {"method": "card"}}


@pytest.fixture
def shop(quick: Shop) -> Shop:
    """A shop whose card provider has just failed as often as opens the circuit."""
    quick.sell("LAP-1", stock=90)
    quick.card.answers = "down"
    for number in range(FAILURES):
        quick.order(f"failing {number}", ("LAP-1", 1), **CARD)
    return quick


def refused(shop: Shop, key: str) -> int:
    before = shop.stock("LAP-1")
    with pytest.raises(PaymentMethodUnavailable) as refusal:
        shop.order(key, ("LAP-1", 1), **CARD)
    assert shop.stock("LAP-1") == before, "nothing is held for a payment that cannot start"
    return refusal.value.retry_after


def wait(shop: Shop, seconds: int) -> None:
    shop.clock.forward(timedelta(seconds=seconds))


def test_it_opens_for_that_method_alone(shop: Shop) -> None:
    """Case 26: nothing is sent to a provider that is down, and the other way to pay still works."""
    asked = len(shop.card.started)
    assert refused(shop, "one more") == FIRST_PAUSE_SECONDS
    assert len(shop.card.started) == asked
    assert shop.order("by phone", ("LAP-1", 1)).attempt.live
    assert_kept(shop)


def test_a_replay_is_answered_all_the_same(shop: Shop) -> None:
    assert shop.order("failing 0", ("LAP-1", 1), **CARD).replayed


def test_one_goes_first_after_the_pause(shop: Shop) -> None:
    wait(shop, FIRST_PAUSE_SECONDS)
    shop.order("probe", ("LAP-1", 1), **CARD)
    assert refused(shop, "behind the probe") > 0


def test_an_order_that_comes_to_nothing_is_no_probe(shop: Shop) -> None:
    """Whoever asks for what is sold out must not keep everybody else from paying."""
    shop.sell("GONE-1", stock=0)
    wait(shop, FIRST_PAUSE_SECONDS)
    for number in range(3):
        with pytest.raises(OutOfStock):
            shop.order(f"sold out {number}", ("GONE-1", 1), **CARD)
    shop.card.answers = "ok"
    assert shop.order("probe", ("LAP-1", 1), **CARD).attempt.live
    assert_kept(shop)


def test_a_retry_that_is_decided_anew_is_still_the_probe(shop: Shop) -> None:
    placed = shop.order("by phone", ("LAP-1", 1))
    shop.verify(placed, claim=shop.provider.fail(placed.order.number))  # type: ignore[attr-defined]  # an Mpesa
    wait(shop, FIRST_PAUSE_SECONDS)
    shop.card.answers = "ok"
    with interleaving(shop) as steps:
        steps.before(WRITE, lambda: give_up(shop.till, placed.order.number, 1), nth=1)
        assert shop.pay_again(placed, "by card", method="card").attempt.live
    assert_kept(shop)


def test_each_probe_that_fails_doubles_the_pause_up_to_the_longest(shop: Shop) -> None:
    pauses = []
    for probe in range(6):
        wait(shop, refused(shop, f"closed {probe}"))
        shop.order(f"probe {probe}", ("LAP-1", 1), **CARD)
        pauses.append(refused(shop, f"closed again {probe}"))
    assert pauses == [60, 120, 240, 300, 300, LONGEST_PAUSE_SECONDS]


def test_a_probe_that_succeeds_closes_it(shop: Shop) -> None:
    wait(shop, FIRST_PAUSE_SECONDS)
    shop.card.answers = "ok"
    for number in range(3):
        assert shop.order(f"fine {number}", ("LAP-1", 1), **CARD).attempt.live


def test_a_retry_is_refused_too(shop: Shop) -> None:
    placed = shop.order("by phone", ("LAP-1", 1))
    shop.verify(placed, claim=shop.provider.fail(placed.order.number))  # type: ignore[attr-defined]  # an Mpesa
    with pytest.raises(PaymentMethodUnavailable):
        shop.pay_again(placed, "by card", method="card")
    assert_kept(shop)


def test_failures_that_lie_apart_open_nothing(quick: Shop) -> None:
    quick.sell("LAP-1", stock=90)
    quick.card.answers = "down"
    for number in range(2 * FAILURES):
        quick.order(f"failing {number}", ("LAP-1", 1), **CARD)
        wait(quick, 20)


def test_a_healthy_provider_costs_no_call(quick: Shop) -> None:
    quick.sell("LAP-1", stock=9)
    calls = calls_of(quick, lambda: quick.order("key", ("LAP-1", 1)))
    assert list(calls) == ["BatchGetItem", "TransactWriteItems", "start", "TransactWriteItems"]
