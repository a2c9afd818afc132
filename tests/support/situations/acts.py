"""What may be at work on an order, whatever state it is in: requests, messages and clicks, each with its refusals."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from commerce.board.project_order import project_order
from commerce.board.store import Board
from commerce.checkout.expire_orders import expire_order
from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress
from commerce.fulfilment.cancel_order import OrderNotCancellable, PaymentUnderWay, cancel_order
from commerce.fulfilment.ship_order import OrderNotShippable
from commerce.kernel.errors import InvalidRequest
from commerce.payments.decision import Verdict
from commerce.payments.model import RefundTooLarge, TooManyRefunds
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import give_up_refund, refund_payment
from commerce.payments.request_refund import NothingToRefund, refund_order
from commerce.payments.verify_payment import give_up, verify_payment
from commerce.returns.request_return import NotReturnable, request_return
from tests.support.arena import Work
from tests.support.card import charge_id
from tests.support.parcels import STAFF, ship, wish
from tests.support.stories import CARD, SKU, World

ORDER = "order"
WHY: dict[str, Any] = {"by": STAFF, "reason": "as agreed with the buyer"}
RETURN_PERIOD = timedelta(days=14)


def placed(world: World) -> Placement:
    """Return the order that a situation is about."""
    found: Placement = world.notes[ORDER]
    return found


def number(world: World) -> str:
    """Return its number."""
    return placed(world).order.number


def place(world: World, units: int = 1, **changes: Any) -> None:
    """Let the order that a situation is about be placed."""
    world.notes[ORDER] = world.shop.order("key", (SKU, units), **changes)


def pay_by_phone(world: World) -> Verdict:
    """Let the buyer enter the PIN, and the callback's message be worked on."""
    claim = world.mpesa.pay(number(world))
    return verify_payment(world.shop.till, number(world), 1, claim)


def pay_by_card(world: World) -> Verdict:
    """Let the card be charged, which its provider refuses once the payment is cancelled; then the event comes."""
    with suppress(AssertionError):
        world.shop.card.pay(f"{number(world)}-1")
    return verify_payment(world.shop.till, number(world), 1, hinted=True)


def receipt(world: World) -> str:
    """Return the receipt of the order's payment by card."""
    return charge_id(f"{number(world)}-1")


def refund(name: str, key: str, **asked: Any) -> Work:
    """Make a refund that staff ask for."""
    return Work(
        name,
        lambda world: refund_order(world.shop.till, number(world), RefundWish(**asked), key=key, **WHY),
        (NothingToRefund, RefundTooLarge, TooManyRefunds, InvalidRequest),
    )


def parcel(name: str, key: str, units: int | None = None) -> Work:
    """Make a parcel that staff send, of some units or of all that are left."""
    items = {} if units is None else {SKU: units}
    return Work(name, lambda world: ship(world.shop, placed(world), key, **items), (OrderNotShippable,))


def ask_return(name: str, key: str, units: int, resolution: str = "refund") -> Work:
    """Make a return that the buyer asks for."""
    return Work(
        name,
        lambda world: request_return(
            world.shop.till,
            number(world),
            wish(placed(world).order.terms.customer.email, resolution, **{SKU: units}),
            key,
            RETURN_PERIOD,
        ),
        (NotReturnable,),
    )


SETTLE = Work("settle", pay_by_phone)
SETTLE_CARD = Work("settle", pay_by_card)
POLL = Work("poll", lambda world: verify_payment(world.shop.till, number(world), 1))
EXPIRE = Work("expire", lambda world: expire_order(world.shop.till, number(world)))
GIVE_UP = Work("give_up", lambda world: give_up(world.shop.till, number(world), 1))
PLACE_AGAIN = Work("place_again", lambda world: world.order())
PLACE_AGAIN_BY_CARD = Work("place_again", lambda world: world.order(**CARD))
CANCEL = Work(
    "cancel",
    lambda world: cancel_order(world.shop.till, number(world), **WHY),
    (OrderNotCancellable, PaymentUnderWay, TooManyRefunds),
)
RETRY = Work("retry", lambda world: world.shop.pay_again(placed(world), "again"), (OrderNotPayable, PaymentInProgress))
RETRY_OTHERWISE = Work(
    "retry_by_card",
    lambda world: world.shop.pay_again(placed(world), "by card", method="card"),
    (OrderNotPayable, PaymentInProgress),
)
PROJECT = Work(
    "project",
    lambda world: project_order(Board(world.shop.database), world.shop.till.payments, number(world)),
)
REFUND_ALL = refund("refund_all", "all")
REFUND_PART = refund("refund_part", "part", amount=100_000)
REFUND_LINE = refund("refund_line", "line", items={SKU: 1})
REFUND_AS_CREDIT = refund("refund_as_credit", "credit", amount=100_000, destination="credit")
SHIP_ALL = parcel("ship_all", "all")
SHIP_ONE = parcel("ship_one", "one", 1)
SEND_REFUND = Work("send_refund", lambda world: refund_payment(world.shop.till, number(world), 1))
GIVE_UP_REFUND = Work("give_up_refund", lambda world: give_up_refund(world.shop.till, number(world), 1))
READ_BOOKS = Work("read_books", lambda world: reconcile_statement(world.shop.till, "card", receipt(world)))
