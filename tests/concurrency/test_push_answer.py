"""Callbacks and checks that come while the push is still being answered (promise 3)."""

from __future__ import annotations

import pytest

from commerce.checkout.retry_payment import PaymentInProgress
from commerce.payments.decision import Verdict
from commerce.payments.links import Purpose
from commerce.payments.model import AttemptState
from tests.support.interleave import WRITE, interleaving
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop

SOLD_OUT = {"available": 0, "reserved": 0, "sold": 1, "received": 1}


def test_callback_before_the_push_response_is_recorded(shop: Shop, mpesa: Mpesa) -> None:
    """Case 20: paid and settled while the push is still being answered: matched by the token, settled once."""
    shop.sell("LAP-1", stock=1)
    with interleaving(shop) as steps:

        def callback() -> None:
            number, attempt = next(iter(mpesa.prompts))
            claim = mpesa.pay(number, attempt)
            token = mpesa.started[0].callback_url.rpartition("/")[2]
            assert shop.till.links.open(Purpose.PAYMENT, token) == (number, attempt)
            shop.verify_number(number, attempt, claim)

        steps.after("start", callback, nth=1)
        placed = shop.order("key", ("LAP-1", 1))
    assert placed.attempt.state is AttemptState.SUCCEEDED
    assert shop.event_types(placed) == ["OrderPlaced", "PaymentConfirmed"]
    assert shop.stock("LAP-1") == SOLD_OUT
    assert_kept(shop)
    assert_money(shop, mpesa, settled=True)


def test_callback_at_the_write_of_the_push_response(shop: Shop, mpesa: Mpesa) -> None:
    """Case 20: the same a moment later: both are about to write."""
    shop.sell("LAP-1", stock=1)
    with interleaving(shop) as steps:

        def callback() -> None:
            number, attempt = next(iter(mpesa.prompts))
            shop.verify_number(number, attempt, mpesa.pay(number, attempt))

        steps.before(WRITE, callback, nth=2)
        placed = shop.order("key", ("LAP-1", 1))
    assert placed.attempt.state is AttemptState.SUCCEEDED
    assert_kept(shop)


@pytest.mark.parametrize("answer", ["ok", "refused", "lost"])
def test_check_overtakes_a_slow_push(shop: Shop, mpesa: Mpesa, answer: str) -> None:
    """Cases 18 and 20: a check comes while the push is on its way, and calls it unknown; the answer still counts."""
    shop.sell("LAP-1", stock=1)
    mpesa.push_answers = answer
    with interleaving(shop) as steps:
        steps.after("start", lambda: shop.verify_number(mpesa.started[0].order_number), nth=1)
        placed = shop.order("key", ("LAP-1", 1))
    attempt = shop.account(placed).attempts[1]
    expected = {"ok": AttemptState.PROMPTED, "refused": AttemptState.FAILED, "lost": AttemptState.UNKNOWN}[answer]
    assert attempt.state is placed.attempt.state is expected
    assert shop.event_types(placed).count("PaymentOutcomeUnknown") == 1
    if answer == "ok":
        mpesa.pay(placed.order.number)
        assert shop.verify(placed) is Verdict.FINAL, "the reference was kept, so no callback is needed"
        assert shop.stock("LAP-1") == SOLD_OUT
    assert_kept(shop)


def test_retry_while_live_or_unknown(shop: Shop, mpesa: Mpesa) -> None:
    """Cases 21 and 23: never a second prompt while the first may still be paid."""
    shop.sell("LAP-1", stock=2)
    for key, answer in (("prompted", "ok"), ("unknown", "lost")):
        mpesa.push_answers = answer
        placed = shop.order(key, ("LAP-1", 1))
        with pytest.raises(PaymentInProgress):
            shop.pay_again(placed, "again")
    assert len(mpesa.started) == 2
    assert_kept(shop)
