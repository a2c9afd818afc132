"""One chain an order, whoever writes at once (promise 5). `assert_kept` proves the chain in every other test here."""

from __future__ import annotations

import itertools
import threading

import pytest

from commerce.audit.desk import TrailDesk
from commerce.audit.verify_trail import Head, Proof
from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement
from commerce.kernel.errors import CommitBusy
from commerce.payments.port import LookUpOutcome, LookUpRequest, Paid, Pending
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.nights import heads
from tests.support.promises import assert_kept
from tests.support.shop import RESERVATION, WINDOW, Shop


@pytest.fixture
def placed(shop: Shop) -> Placement:
    shop.sell("LAP-1", stock=3)
    return shop.order("key", ("LAP-1", 1))


def trails(shop: Shop) -> TrailDesk:
    return TrailDesk(shop.till.log, heads(shop))


def test_settlement_and_sweep_at_once_write_one_chain(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """Case 3: both have read the same head and are at their write; the later one follows the earlier one's hash."""
    shop.clock.forward(RESERVATION + WINDOW)
    claim = mpesa.pay(placed.order.number)
    asked = threading.local()

    def last_look_came_before_the_money(request: LookUpRequest) -> LookUpOutcome:
        return Pending("4999") if getattr(asked, "by_the_sweep", False) else Paid()

    def sweep() -> bool:
        asked.by_the_sweep = True
        return expire_order(shop.till, placed.order.number)

    shop.provider.look_up = last_look_came_before_the_money  # type: ignore[method-assign]
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        expired, _ = together(sweep, lambda: shop.verify(placed, claim=claim))
    proof, records = trails(shop).prove(placed.order.subject)
    assert proof == Proof(len(records), ())
    assert len(records) == 3 + int(expired)
    assert_kept(shop)


def test_four_verifications_at_once_write_one_chain(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    claim = mpesa.pay(placed.order.number)
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(4), nth=1)
        together(*[lambda: shop.verify(placed, claim=claim)] * 4)
    assert shop.event_types(placed).count("PaymentConfirmed") == 1
    assert trails(shop).prove(placed.order.subject)[0] == Proof(3, ())


def test_an_order_that_goes_on_while_it_is_proved_is_sound(shop: Shop, mpesa: Mpesa, placed: Placement) -> None:
    """The head was read before the order moved on, the trail after: that is no fault of anybody's."""
    claim = mpesa.pay(placed.order.number)
    with interleaving(shop) as steps:
        steps.after("Query", lambda: shop.verify(placed, claim=claim), nth=1)
        proof, records = trails(shop).prove(placed.order.subject)
    assert proof == Proof(len(records), ())
    assert len(records) == 3


def test_an_order_that_never_stands_still_is_proved_another_time(shop: Shop, placed: Placement) -> None:
    versions = itertools.count()
    desk = TrailDesk(shop.till.log, lambda _: Head(next(versions), None))
    with pytest.raises(CommitBusy):
        desk.prove(placed.order.subject)
