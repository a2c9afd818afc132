"""Parcels on their way and goods that come back: sent, delivered, asked back, received; and what is said of them."""

from __future__ import annotations

from commerce.fulfilment.advance_shipment import ShipmentAhead, move_shipment
from commerce.ordering.returns import Fate
from commerce.payments.store import Account
from commerce.returns.decide_return import Decision, ReturnDecided, decide_return
from commerce.returns.receive_return import ReturnNotDue, receive_return
from commerce.reviews.model import Review
from commerce.reviews.moderate_review import Decision as Moderation
from commerce.reviews.moderate_review import ReviewDecided
from commerce.reviews.store import Reviews
from commerce.reviews.write_review import AlreadyReviewed
from tests.support.arena import Situation, Work
from tests.support.parcels import STAFF, came, track
from tests.support.reviews import decide, order_of, recounted, write
from tests.support.situations.acts import (
    CANCEL,
    PROJECT,
    REFUND_ALL,
    REFUND_LINE,
    SHIP_ALL,
    SHIP_ONE,
    WHY,
    ask_return,
    number,
    pay_by_phone,
    place,
    placed,
)
from tests.support.stories import SKU, World

REVIEW = "review"


def half_sent(world: World) -> None:
    place(world, 2)
    pay_by_phone(world)
    SHIP_ONE.do(world)


def sent(world: World) -> None:
    place(world, 2)
    pay_by_phone(world)
    SHIP_ALL.do(world)


def asked_back(world: World) -> None:
    sent(world)
    ASK_ONE.do(world)


def approved(world: World) -> None:
    sent(world)
    ASK_ALL.do(world)
    APPROVE.do(world)


def reviewed(world: World) -> None:
    """One review waits for staff; the buyer of another order has one to write."""
    world.notes[REVIEW] = write(world.shop, order_of(world.shop, "first", SKU))
    world.notes["number"] = order_of(world.shop, "second", SKU)


def scored_as_shown(world: World) -> list[Account]:
    """Check that the product's score is that of the reviews that are shown."""
    summary = Reviews(world.shop.database).summary(SKU.lower())
    assert (summary.count, summary.total) == recounted(world.shop, SKU.lower())
    return []


def moved(name: str, status: str) -> Work:
    """Make a carrier's report."""
    return Work(name, lambda world: track(world.shop, placed(world), status))


def judged(decision: Decision) -> Work:
    """Make a decision of staff on the return."""
    return Work(
        decision, lambda world: decide_return(world.shop.till, number(world), 1, decision, **WHY), (ReturnDecided,)
    )


def received(name: str, units: int, fate: Fate = "restock") -> Work:
    """Let units of the return come back."""
    return Work(
        name,
        lambda world: receive_return(world.shop.till, number(world), 1, [came(SKU, units, fate)], **WHY),
        (ReturnNotDue,),
    )


def moderated(decision: Moderation) -> Work:
    """Let staff decide on the review."""
    return Work(decision, lambda world: decide(world.shop, review(world), decision), (ReviewDecided,))


def review(world: World) -> Review:
    found: Review = world.notes[REVIEW]
    return found


IN_TRANSIT = moved("in_transit", "in_transit")
DELIVERED = moved("delivered", "delivered")
EXCEPTION = moved("exception", "exception")
DELIVERED_BY_STAFF = Work(
    "delivered_by_staff",
    lambda world: move_shipment(world.shop.till, number(world), 1, "delivered", by=STAFF),
    (ShipmentAhead,),
)
ASK_ONE = ask_return("ask_one", "one", 1)
ASK_ALL = ask_return("ask_all", "all", 2)
ASK_AS_CREDIT = ask_return("ask_as_credit", "credit", 1, "credit")
APPROVE = judged("approve")
REJECT = judged("reject")
RECEIVE_ONE = received("receive_one", 1)
RECEIVE_ALL = received("receive_all", 2)
WRITE_OFF = received("write_off", 1, "write_off")
SAY = Work("write_review", lambda world: write(world.shop, world.notes["number"]), (AlreadyReviewed,))
SAY_OTHERWISE = Work(
    "write_otherwise", lambda world: write(world.shop, world.notes["number"], rating=1), (AlreadyReviewed,)
)
APPROVE_REVIEW = moderated("approve")
REJECT_REVIEW = moderated("reject")

HALF_SENT = Situation(
    "one of two parcels was sent",
    half_sent,
    (SHIP_ALL, SHIP_ONE, REFUND_LINE, REFUND_ALL, ASK_ONE, DELIVERED, CANCEL),
)
SENT = Situation(
    "sent",
    sent,
    (IN_TRANSIT, DELIVERED, EXCEPTION, DELIVERED_BY_STAFF, ASK_ONE, ASK_ALL, REFUND_LINE, REFUND_ALL, CANCEL, PROJECT),
)
ASKED_BACK = Situation(
    "a return was asked for", asked_back, (APPROVE, REJECT, ASK_ONE, ASK_AS_CREDIT, REFUND_LINE, DELIVERED)
)
APPROVED = Situation(
    "a return was approved",
    approved,
    (RECEIVE_ONE, RECEIVE_ALL, WRITE_OFF, REJECT, ASK_ONE, REFUND_LINE, REFUND_ALL, DELIVERED),
)
REVIEWED = Situation(
    "reviews",
    reviewed,
    (SAY, SAY_OTHERWISE, APPROVE_REVIEW, REJECT_REVIEW),
    kept=scored_as_shown,
)
SITUATIONS = (HALF_SENT, SENT, ASKED_BACK, APPROVED, REVIEWED)
