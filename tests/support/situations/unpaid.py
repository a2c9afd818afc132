"""Orders that wait for their money: paid, failed, short, claimed by others, and with a hold that runs out."""

from __future__ import annotations

from commerce.payments.check_record import ask_for_record, give_up_record, note_record
from commerce.payments.port import PaymentClaim
from commerce.payments.verify_payment import verify_payment
from tests.support.arena import Situation, Work
from tests.support.shop import RESERVATION, WINDOW
from tests.support.situations.acts import (
    CANCEL,
    EXPIRE,
    GIVE_UP,
    PLACE_AGAIN,
    PLACE_AGAIN_BY_CARD,
    POLL,
    PROJECT,
    REFUND_ALL,
    RETRY,
    RETRY_OTHERWISE,
    SETTLE,
    SETTLE_CARD,
    SHIP_ALL,
    number,
    place,
)
from tests.support.stories import CARD, World


def overdue(world: World) -> None:
    place(world)
    world.shop.clock.forward(RESERVATION + WINDOW)


def overdue_by_card(world: World) -> None:
    place(world, **CARD)
    world.shop.clock.forward(RESERVATION + WINDOW)


def paid_unheard(world: World) -> None:
    """The money came, no callback did, and the hold ran out."""
    overdue(world)
    world.mpesa.pay(number(world))


def failed(world: World) -> None:
    """The prompt was not answered; the buyer may try again, or has paid after all."""
    place(world)
    world.shop.verify_number(number(world), 1, world.mpesa.fail(number(world)))


def short(world: World) -> None:
    """Less came than was asked, says the callback: the money is held until M-Pesa's own record is read."""
    place(world)
    claim = world.mpesa.pay(number(world))
    world.shop.verify_number(number(world), 1, PaymentClaim(claim.references, "0", claim.receipt, 100_000))


def one_receipt(world: World) -> None:
    """Two orders were paid, and both callbacks name the receipt of the first."""
    place(world)
    world.notes["other"] = world.order("other")
    world.mpesa.pay(number(world))
    world.mpesa.pay(other(world))


def other(world: World) -> str:
    return str(world.notes["other"].order.number)


def own(world: World) -> PaymentClaim:
    return world.mpesa.prompts[number(world), 1].claim()


def stolen(world: World) -> PaymentClaim:
    """Return the other order's claim, with the first one's receipt."""
    return PaymentClaim(world.mpesa.prompts[other(world), 1].references, "0", own(world).receipt)


CLAIM_OWN = Work("claim_own", lambda world: verify_payment(world.shop.till, number(world), 1, own(world)))
CLAIM_STOLEN = Work("claim_stolen", lambda world: verify_payment(world.shop.till, other(world), 1, stolen(world)))
CLAIM_FAILURE = Work(
    "claim_failure",
    lambda world: verify_payment(
        world.shop.till, number(world), 1, PaymentClaim(world.mpesa.prompts[number(world), 1].references, "1032")
    ),
)
POLL_OTHER = Work("poll_other", lambda world: verify_payment(world.shop.till, other(world), 1))
ASK_RECORD = Work("ask_record", lambda world: ask_for_record(world.shop.till, number(world), 1))
NOTE_RECORD = Work(
    "note_record",
    lambda world: note_record(world.shop.till, number(world), 1, world.mpesa.record(number(world))),
)
GIVE_UP_RECORD = Work("give_up_record", lambda world: give_up_record(world.shop.till, number(world), 1))

UNPAID = Situation("unpaid", place, (SETTLE, POLL, CLAIM_FAILURE, EXPIRE, CANCEL, GIVE_UP, PLACE_AGAIN, RETRY, PROJECT))
OVERDUE = Situation("unpaid, and the hold ran out", overdue, (SETTLE, POLL, EXPIRE, CANCEL, GIVE_UP, RETRY_OTHERWISE))
PAID_UNHEARD = Situation(
    "paid, and the hold ran out before anybody heard", paid_unheard, (CLAIM_OWN, POLL, EXPIRE, CANCEL, GIVE_UP, RETRY)
)
UNPAID_BY_CARD = Situation(
    "unpaid by card",
    lambda world: place(world, **CARD),
    (SETTLE_CARD, POLL, CANCEL, PLACE_AGAIN_BY_CARD, RETRY, RETRY_OTHERWISE),
)
OVERDUE_BY_CARD = Situation(
    "unpaid by card, and the hold ran out", overdue_by_card, (SETTLE_CARD, POLL, EXPIRE, CANCEL, RETRY)
)
FAILED = Situation("failed", failed, (SETTLE, POLL, RETRY, RETRY_OTHERWISE, CANCEL, PLACE_AGAIN, CLAIM_FAILURE))
SHORT = Situation(
    "held for review",
    short,
    (ASK_RECORD, NOTE_RECORD, GIVE_UP_RECORD, CLAIM_OWN, CANCEL, REFUND_ALL, SHIP_ALL, EXPIRE),
)
ONE_RECEIPT = Situation("one receipt for two orders", one_receipt, (CLAIM_OWN, CLAIM_STOLEN, POLL, POLL_OTHER))
SITUATIONS = (UNPAID, OVERDUE, PAID_UNHEARD, UNPAID_BY_CARD, OVERDUE_BY_CARD, FAILED, SHORT, ONE_RECEIPT)
