"""What staff ask for twice happens once: two at once, a worker that dies, others who act in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import Response

from commerce.audit.store import EventLog
from commerce.catalog.edit_product import change_prices
from commerce.catalog.model import Prices
from commerce.catalog.store import Catalog
from commerce.checkout.place_order import Placement
from commerce.fulfilment.advance_shipment import move_shipment
from commerce.fulfilment.cancel_order import cancel_order
from commerce.inventory.adjust_stock import adjust_stock
from commerce.kernel.context import Context, working
from commerce.kernel.errors import KeyReused
from commerce.kernel.money import Currency
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from commerce.runtime.idempotency import request_mark
from commerce.runtime.once import REPLAYED, Performance
from tests.support.interleave import WRITE, Crash, interleaving, meeting, together
from tests.support.parcels import ship
from tests.support.promises import assert_kept
from tests.support.shop import Shop

WHY: dict[str, Any] = {"by": "staff-1", "reason": "as agreed"}
SKU, SLUG = "LAP-1", "lap-1"


@dataclass
class Request:
    """One request of a member of staff, which can be sent again."""

    shop: Shop
    subject: str
    act: Callable[[], object]
    key: str = "key"
    body: bytes = b"{}"
    answers: list[Response] = field(default_factory=list)

    def send(self) -> bool:
        """Send it; return whether it was answered as a repeat."""
        answer = Response()
        mark = request_mark("staff-1", self.key, "POST", self.subject, self.body)
        with working(Context(request=mark)):
            Performance(EventLog(self.shop.database), answer, self.key)(self.subject, self.act)
        return answer.headers.get(REPLAYED) == "true"


@pytest.fixture
def paid(shop: Shop) -> Placement:
    shop.sell(SKU, stock=3)
    placed = shop.order("key", (SKU, 1), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    return placed


def prices(shop: Shop, amount: int, **changes: Any) -> Request:
    def act() -> object:
        return change_prices(
            shop.database,
            shop.clock,
            SLUG,
            {SKU: Prices({Currency.KES: amount})},
            record=EventLog(shop.database).record,
            **WHY,
        )

    return Request(shop, f"product/{SLUG}", act, **changes)


def price_of(shop: Shop) -> int:
    stored = Catalog(shop.database).product(SLUG, consistent=True)
    assert stored is not None
    return stored.product.variants[0].prices[Currency.KES]


def marked(shop: Shop, subject: str) -> list[str]:
    """Return the types of the subject's events that a request with a key made."""
    return [row.type for row in EventLog(shop.database)._rows.query(subject) if row.request is not None]


STORIES: dict[str, Callable[[Shop, str], Request]] = {
    "cancel": lambda shop, number: Request(shop, f"order/{number}", lambda: cancel_order(shop.till, number, **WHY)),
    "refund": lambda shop, number: Request(
        shop,
        f"order/{number}",
        lambda: refund_order(shop.till, number, RefundWish(amount=10_000), key="key", **WHY),
    ),
    "parcel on": lambda shop, number: Request(
        shop, f"order/{number}", lambda: move_shipment(shop.till, number, 1, "delivered", **WHY)
    ),
    "stock": lambda shop, _: Request(
        shop,
        f"sku/{SKU}",
        lambda: adjust_stock(shop.database, shop.clock, sku=SKU, change=2, key="key", **WHY),
    ),
    "prices": lambda shop, _: prices(shop, 99_000),
}


def request_of(story: str, shop: Shop, placed: Placement) -> Request:
    if story == "parcel on":
        ship(shop, placed)
    return STORIES[story](shop, placed.order.number)


@pytest.mark.parametrize("story", STORIES)
def test_two_at_once_are_one(story: str, shop: Shop, paid: Placement) -> None:
    request = request_of(story, shop, paid)
    before = len(EventLog(shop.database).trail(request.subject))
    with interleaving(shop) as steps:
        steps.before(WRITE, meeting(2), nth=1)
        together(request.send, request.send)
    assert len(EventLog(shop.database).trail(request.subject)) == before + 1
    assert len(marked(shop, request.subject)) == 1
    assert request.send(), "a third is told that it is a repeat"
    assert_kept(shop)


@pytest.mark.parametrize("story", STORIES)
def test_a_worker_that_died_after_its_commit_is_not_followed_by_another_change(
    story: str, shop: Shop, paid: Placement
) -> None:
    request = request_of(story, shop, paid)
    with interleaving(shop) as steps, pytest.raises(Crash):
        steps.crash("after", WRITE)
        request.send()
    before = EventLog(shop.database).trail(request.subject)
    assert request.send()
    assert EventLog(shop.database).trail(request.subject) == before
    assert_kept(shop)


@pytest.mark.parametrize("story", STORIES)
def test_a_worker_that_died_before_its_commit_left_nothing(story: str, shop: Shop, paid: Placement) -> None:
    request = request_of(story, shop, paid)
    with interleaving(shop) as steps, pytest.raises(Crash):
        steps.crash("before", WRITE)
        request.send()
    assert marked(shop, request.subject) == []
    assert not request.send()
    assert len(marked(shop, request.subject)) == 1


def test_a_repeat_does_not_undo_what_others_did_since(shop: Shop, paid: Placement) -> None:
    request = prices(shop, 99_000)
    assert not request.send()
    assert not prices(shop, 120_000, key="another").send()
    assert request.send()
    assert price_of(shop) == 120_000


def test_a_twin_that_was_overtaken_between_its_look_and_its_reading(shop: Shop, paid: Placement) -> None:
    """It found no trace of its twin; then that one acted, somebody else undid it, and only now it reads."""
    request = prices(shop, 99_000)

    def overtaken() -> None:
        assert not request.send()
        assert not prices(shop, 120_000, key="another").send()

    with interleaving(shop) as steps:
        steps.before("GetItem", overtaken)
        assert request.send()
    assert price_of(shop) == 120_000
    assert len(marked(shop, request.subject)) == 2


@pytest.mark.parametrize("story", STORIES)
def test_a_key_stands_for_one_request(story: str, shop: Shop, paid: Placement) -> None:
    request = request_of(story, shop, paid)
    request.send()
    request.body = b'{"other": 1}'
    with pytest.raises(KeyReused):
        request.send()
