"""The last unit and the last use: who buys, who counts again, and who changes what a code promises."""

from __future__ import annotations

from typing import Any

from commerce.audit.store import EventLog
from commerce.fulfilment.cancel_order import OrderNotCancellable, PaymentUnderWay, cancel_order
from commerce.inventory.adjust_stock import adjust_stock
from commerce.inventory.receive_stock import receive_stock
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import InvalidRequest, KeyReused, StaleWrite
from commerce.payments.model import TooManyRefunds
from commerce.promotions.credit_store import CreditRefused
from commerce.promotions.model import VoucherRefused
from commerce.promotions.publish_voucher import switch_voucher
from tests.support.arena import Situation, Work
from tests.support.parcels import STAFF
from tests.support.situations.acts import CANCEL, EXPIRE, POLL, REFUND_ALL, SETTLE, WHY, place
from tests.support.stories import CARD, SKU, World
from tests.support.vouchers import give_credit, publish, voucher

CODE = "KARIBU10"
CREDIT = "credit"


def buyer(name: str) -> dict[str, str]:
    """Return a customer who shares nothing with another."""
    return {"name": "Buyer", "email": f"{name}@example.com", "phone": f"+2547000000{sum(map(ord, name)) % 90 + 10}"}


def announce(world: World, **limits: Any) -> None:
    """Publish what the code promises."""
    publish(world.shop.database, world.shop.clock, voucher(CODE, **limits))


def buy(name: str, key: str, units: int = 1, who: str | None = None, **more: Any) -> Work:
    """Make a checkout with the code."""
    wanted = {"voucher": CODE, "customer": buyer(who or key), **more}
    return Work(
        name, lambda world: world.shop.order(key, (SKU, units), **wanted), (OutOfStock, VoucherRefused, KeyReused)
    )


def adjust(name: str, change: int) -> Work:
    """Make a correction of the shelf."""
    return Work(
        name,
        lambda world: adjust_stock(
            world.shop.database, world.shop.clock, sku=SKU, change=change, reason="counted", by=STAFF, key=name
        ),
        (OutOfStock,),
    )


def promise(name: str, **limits: Any) -> Work:
    """Make a change of what the code promises."""
    return Work(name, lambda world: announce(world, **limits), (StaleWrite, InvalidRequest))


def tab(name: str, **more: Any) -> Work:
    """Make a checkout that spends the store credit."""
    return Work(
        name,
        lambda world: world.shop.order(name, (SKU, 1), credit=world.notes[CREDIT], **more),
        (OutOfStock, CreditRefused, VoucherRefused),
    )


RECEIVE = Work(
    "receive_stock",
    lambda world: receive_stock(
        world.shop.database, world.shop.clock, sku=SKU, quantity=1, buckets=1, delivery="second delivery"
    ),
)
SWITCH_OFF = Work(
    "switch_off",
    lambda world: switch_voucher(
        world.shop.database,
        world.shop.clock,
        CODE,
        active=False,
        by=STAFF,
        reason="over",
        record=EventLog(world.shop.database).record,
    ),
    (StaleWrite,),
)
CANCEL_OTHER = Work(
    "cancel_other",
    lambda world: cancel_order(world.shop.till, world.notes["other"].order.number, **WHY),
    (OrderNotCancellable, PaymentUnderWay, TooManyRefunds),
)


def one_left(world: World) -> None:
    announce(world, total_limit=1, per_customer_limit=1)


def first_orders(world: World) -> None:
    announce(world, first_order_only=True, shards=2, total_limit=2)


def credit_spent_before(world: World) -> None:
    """A paid order spent of the credit, and an unpaid one whose hold ran out too."""
    world.notes[CREDIT] = give_credit(world.shop.database, 400_000)
    place(world, credit=world.notes[CREDIT])
    world.notes["other"] = world.shop.order("other", (SKU, 1), credit=world.notes[CREDIT])


def expired_with_everything(world: World) -> None:
    """An order with the code's only use and all of the credit let go of everything, and its prompt rings still."""
    announce(world, total_limit=1)
    world.notes[CREDIT] = give_credit(world.shop.database, 50_000)
    place(world, voucher=CODE, credit=world.notes[CREDIT])
    assert world.shop.expire(world.notes["order"])


LAST_UNIT = Situation(
    "the last unit and the last use",
    one_left,
    (
        buy("buy", "a"),
        buy("buy_too", "b"),
        buy("buy_more_by_the_key", "a", 2),
        buy("buy_by_card", "c", who="a", **CARD),
        RECEIVE,
        adjust("take_away", -1),
        adjust("add", 1),
        promise("raise_limit", total_limit=3),
        SWITCH_OFF,
    ),
    stock=1,
)
LAST_USE = Situation(
    "the last use, and goods enough",
    one_left,
    (buy("buy", "a"), buy("buy_again", "d", who="a"), buy("buy_too", "b"), promise("lift_limit"), SWITCH_OFF),
    stock=3,
)
FIRST_ORDERS = Situation(
    "a code for first orders, in two shards",
    first_orders,
    (
        buy("buy", "a"),
        buy("buy_again", "d", who="a"),
        buy("buy_too", "b"),
        promise("lower_limit", first_order_only=True, shards=2, total_limit=1),
        promise("more_shards", first_order_only=True, shards=3, total_limit=2),
    ),
    stock=4,
)
TABS = Situation(
    "store credit in two tabs",
    credit_spent_before,
    (tab("tab"), tab("other_tab"), tab("card_tab", **CARD), CANCEL, CANCEL_OTHER, REFUND_ALL),
    stock=4,
)
LATE = Situation(
    "late money for an order that let go of everything",
    expired_with_everything,
    (
        SETTLE,
        POLL,
        EXPIRE,
        CANCEL,
        buy("rival", "b"),
        tab("tab"),
        promise("raise_limit", total_limit=2),
        RECEIVE,
        adjust("take_away", -1),
    ),
    stock=1,
)
SITUATIONS = (LAST_UNIT, LAST_USE, FIRST_ORDERS, TABS, LATE)
