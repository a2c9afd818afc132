"""Paid orders and money on its way back: cancelled, sent, refunded, disputed, by phone and by card."""

from __future__ import annotations

from commerce.ordering.model import OrderStatus
from commerce.payments.check_record import note_record
from commerce.payments.model import RefundState
from commerce.payments.port import DisputeEntry, PaymentClaim, RefundDone, RefundEntry, RefundImpossible
from commerce.payments.refund_payment import NO_RESULT, note_refund
from commerce.payments.restart_refund import RefundNotFailed, restart_refund, settle_by_hand
from commerce.payments.store import Account
from commerce.payments.verify_payment import verify_payment
from tests.support.arena import Situation, Work
from tests.support.books import assert_books
from tests.support.situations.acts import (
    CANCEL,
    GIVE_UP_REFUND,
    POLL,
    PROJECT,
    READ_BOOKS,
    REFUND_ALL,
    REFUND_AS_CREDIT,
    REFUND_LINE,
    REFUND_PART,
    SEND_REFUND,
    SHIP_ALL,
    SHIP_ONE,
    WHY,
    number,
    pay_by_card,
    pay_by_phone,
    place,
    receipt,
)
from tests.support.stories import CARD, World

BY_HAND = "HAND-1"


def paid(world: World) -> None:
    place(world, 2)
    pay_by_phone(world)


def paid_by_card(world: World) -> None:
    place(world, 2, **CARD)
    pay_by_card(world)


def paid_without_receipt(world: World) -> None:
    """A look-up found the money; the callback that names its receipt is still to come, and claims too much."""
    place(world, 2)
    world.mpesa.pay(number(world))
    POLL.do(world)


def too_much(world: World) -> PaymentClaim:
    claim = world.mpesa.prompts[number(world), 1].claim()
    return PaymentClaim(claim.references, "0", claim.receipt, 350_000)


def given_back_outside(world: World) -> None:
    paid_by_card(world)
    world.shop.card.give_back_outside(receipt(world), 50_000)


def balanced_or_a_persons(world: World, accounts: list[Account], settled: bool) -> None:
    """Check the books. They need not balance where a person was told of a refund that the shop cannot balance itself:
    nobody heard of its end, or somebody had given the money back outside.
    """
    failed = [one for account in accounts for one in account.refunds.values() if one.state is RefundState.FAILED]
    outside = any(one.why == "outside" for account in accounts for one in account.refunds.values())
    told = any(one.code == NO_RESULT or outside for one in failed)
    assert_books(world.shop, world.mpesa, accounts, settled=settled and not told)


def balanced_but_for_the_bank(world: World, accounts: list[Account], settled: bool) -> None:
    """Check the books of orders whose money no bank took back."""
    left = [one for one in accounts if (one.order.dispute, one.order.status) != ("lost", OrderStatus.CANCELLED)]
    assert_books(world.shop, world.mpesa, left, settled=settled)


def disputed(world: World) -> None:
    paid_by_card(world)
    world.shop.card.disputes[receipt(world)] = DisputeEntry("dp_1", "open", 330_000, "fraudulent")


def lost(world: World) -> None:
    """The buyer's bank has decided; the shop knows of the dispute alone."""
    disputed(world)
    READ_BOOKS.do(world)
    world.shop.card.disputes[receipt(world)] = DisputeEntry("dp_1", "lost", 330_000, "fraudulent")


def due(world: World) -> None:
    paid(world)
    REFUND_PART.do(world)


def due_by_card(world: World) -> None:
    paid_by_card(world)
    REFUND_PART.do(world)


def sent(world: World) -> None:
    due(world)
    SEND_REFUND.do(world)


def refused_by_the_bank(world: World) -> None:
    """The provider took the refund, and its books say by now that the bank did not."""
    paid_by_card(world)
    world.shop.card.refund_state = "pending"
    REFUND_PART.do(world)
    SEND_REFUND.do(world)
    world.shop.card.refund_state = "succeeded"
    (entry,) = world.shop.card.refunds[receipt(world)]
    world.shop.card.refunds[receipt(world)] = [RefundEntry(entry.id, entry.reference, entry.amount, "failed")]


def refund_failed(world: World) -> None:
    """M-Pesa took the refund and could not make it."""
    sent(world)
    (taken,) = world.mpesa.given_back
    del world.mpesa.given_back[taken]
    note_refund(world.shop.till, number(world), 1, failure(world))


def unheard(world: World) -> None:
    """M-Pesa made the refund, and nobody ever heard of it."""
    sent(world)
    GIVE_UP_REFUND.do(world)


def failure(world: World) -> RefundImpossible:
    return RefundImpossible("1", "no_float", frozenset({f"AG_{number(world)}-R1"}))


CLAIM = Work("claim", lambda world: verify_payment(world.shop.till, number(world), 1, too_much(world)))
CLAIM_NOTHING_NEW = Work(
    "claim_failure",
    lambda world: verify_payment(
        world.shop.till, number(world), 1, PaymentClaim(world.mpesa.prompts[number(world), 1].references, "1032")
    ),
)
NOTE_RECORD = Work(
    "note_record",
    lambda world: note_record(world.shop.till, number(world), 1, world.mpesa.record(number(world))),
)
NOTE_DONE = Work(
    "note_done", lambda world: note_refund(world.shop.till, number(world), 1, RefundDone(f"B{number(world)}-R1"))
)
NOTE_FAILED = Work("note_failed", lambda world: note_refund(world.shop.till, number(world), 1, failure(world)))
RESTART = Work("restart", lambda world: restart_refund(world.shop.till, number(world), 1, **WHY), (RefundNotFailed,))
SETTLE_BY_HAND = Work(
    "settle_by_hand",
    lambda world: settle_by_hand(world.shop.till, number(world), 1, receipt=BY_HAND, **WHY),
    (RefundNotFailed,),
)

PAID = Situation(
    "paid by phone",
    paid,
    (CANCEL, SHIP_ALL, SHIP_ONE, REFUND_ALL, REFUND_PART, REFUND_LINE, REFUND_AS_CREDIT, CLAIM_NOTHING_NEW, PROJECT),
)
PAID_WITHOUT_RECEIPT = Situation(
    "paid by phone, and the callback is late",
    paid_without_receipt,
    (CLAIM, POLL, NOTE_RECORD, CANCEL, SHIP_ALL, REFUND_ALL),
)
OUTSIDE = Situation(
    "paid by card, and a part was given back outside",
    given_back_outside,
    (READ_BOOKS, CANCEL, REFUND_ALL, REFUND_PART, SHIP_ALL, REFUND_LINE),
    books=balanced_or_a_persons,
)
DISPUTED = Situation(
    "paid by card and disputed", disputed, (READ_BOOKS, CANCEL, REFUND_ALL, SHIP_ALL, REFUND_AS_CREDIT)
)
LOST = Situation(
    "a dispute that was lost",
    lost,
    (READ_BOOKS, CANCEL, REFUND_PART, SHIP_ALL, PROJECT),
    books=balanced_but_for_the_bank,
)
REFUND_DUE = Situation(
    "a refund by phone is due",
    due,
    (SEND_REFUND, GIVE_UP_REFUND, REFUND_ALL, REFUND_LINE, CANCEL, SHIP_ALL),
    books=balanced_or_a_persons,
)
REFUND_DUE_BY_CARD = Situation(
    "a refund by card is due",
    due_by_card,
    (SEND_REFUND, READ_BOOKS, GIVE_UP_REFUND, REFUND_ALL, CANCEL),
    books=balanced_or_a_persons,
)
REFUND_SENT = Situation(
    "a refund by phone was sent",
    sent,
    (SEND_REFUND, NOTE_DONE, GIVE_UP_REFUND, REFUND_ALL, CANCEL, PROJECT),
    books=balanced_or_a_persons,
)
REFUSED_BY_THE_BANK = Situation(
    "a refund by card that the bank refused",
    refused_by_the_bank,
    (READ_BOOKS, SEND_REFUND, GIVE_UP_REFUND, RESTART, SETTLE_BY_HAND, REFUND_ALL, CANCEL),
)
REFUND_FAILED = Situation(
    "a refund by phone that failed",
    refund_failed,
    (RESTART, SETTLE_BY_HAND, SEND_REFUND, NOTE_FAILED, GIVE_UP_REFUND, REFUND_ALL, CANCEL),
)
UNHEARD = Situation(
    "a refund by phone that nobody heard of",
    unheard,
    (RESTART, NOTE_DONE, SEND_REFUND, GIVE_UP_REFUND, CANCEL),
    books=balanced_or_a_persons,
)
SITUATIONS = (
    PAID,
    PAID_WITHOUT_RECEIPT,
    OUTSIDE,
    DISPUTED,
    LOST,
    REFUND_DUE,
    REFUND_DUE_BY_CARD,
    REFUND_SENT,
    REFUSED_BY_THE_BANK,
    REFUND_FAILED,
    UNHEARD,
)
