"""What is wrong with an order is found, and nothing is found in one that is well, at any moment of its life."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from commerce.audit.store import EventLog
from commerce.healing.diagnose import Diagnosis, diagnose
from commerce.healing.model import Action, Kind
from commerce.healing.rules import rule_for
from commerce.kernel.clock import from_text
from commerce.payments.model import AttemptState, RefundState
from commerce.payments.port import OutcomeUnknown, PaymentClaim, References, RefundImpossible, Refused
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.payments.store import Account
from tests.support import happenings
from tests.support.healing import PATIENCE
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop

SKU = "LAP-1"
#: What is a person's from the moment it is so: nobody waits for anything.
AT_ONCE = {Kind.FAILED_REFUND, Kind.PAYMENT_UNDER_REVIEW}


@pytest.fixture
def mpesa(shop: Shop) -> Mpesa:
    mpesa = Mpesa()
    shop.provider = mpesa
    shop.__post_init__()
    shop.sell(SKU, stock=5)
    return mpesa


def seen(
    shop: Shop, number: str, after: timedelta = timedelta(), *, mails: bool = True, board: bool = True
) -> Diagnosis:
    """Diagnose an order `after` its latest change; with the board up to date and the e-mails sent, or without."""
    account = shop.till.payments.account(number)
    assert account is not None
    now = from_text(account.order.timeline[-1].at) + after
    events = EventLog(shop.database).trail(account.order.subject)
    shown = account.order.version if board else account.order.version - 1
    return diagnose(account, shown, [(event, mails) for event in events[:1]], now, PATIENCE)


def kinds(diagnosis: Diagnosis) -> set[Kind]:
    return {finding.kind for finding in diagnosis.findings}


def actions(diagnosis: Diagnosis) -> set[Action]:
    return {rule_for(finding.kind, finding.sign) for finding in diagnosis.findings}


def test_an_order_that_waits_for_its_buyer_is_well_and_looked_at_again(shop: Shop, mpesa: Mpesa) -> None:
    number = shop.order("key", (SKU, 1)).order.number
    early = seen(shop, number)
    assert early.findings == ()
    assert early.look_at is not None
    late = seen(shop, number, PATIENCE.checks + PATIENCE.release + timedelta(hours=1))
    assert kinds(late) == {Kind.OVERDUE_ORDER, Kind.STUCK_PAYMENT}
    assert actions(late) == {Action.RELEASE, Action.RE_VERIFY}


def test_every_moment_before_the_look_is_sound_and_the_look_finds_it(shop: Shop, mpesa: Mpesa) -> None:
    number = shop.order("key", (SKU, 1)).order.number
    account = shop.till.payments.account(number)
    assert account is not None
    now, moments = shop.clock.now(), 0
    while True:
        diagnosis = diagnose(account, account.order.version, [], now, PATIENCE)
        if diagnosis.findings:
            break
        assert diagnosis.look_at is not None
        assert diagnosis.look_at > now, "it never turns in circles"
        just_before = diagnosis.look_at - timedelta(milliseconds=1)
        assert not diagnose(account, account.order.version, [], just_before, PATIENCE).findings
        now, moments = diagnosis.look_at, moments + 1
    assert 0 < moments < 5


def test_an_unknown_push_and_one_of_an_order_that_was_let_go(shop: Shop, mpesa: Mpesa) -> None:
    mpesa.push_answers = "lost"
    placed = shop.order("key", (SKU, 1))
    assert Kind.UNKNOWN_OUTCOME in kinds(seen(shop, placed.order.number, timedelta(hours=2)))
    assert shop.expire(placed)
    found = seen(shop, placed.order.number, timedelta(hours=2))
    assert (kinds(found), actions(found)) == ({Kind.UNKNOWN_OUTCOME}, {Action.RESERVE_AGAIN})


def test_money_under_review(shop: Shop, mpesa: Mpesa) -> None:
    placed = shop.order("key", (SKU, 1))
    claim = mpesa.pay(placed.order.number)
    shop.verify(placed, claim=PaymentClaim(claim.references, "0", claim.receipt, 100))
    assert shop.account(placed).attempts[1].state is AttemptState.REVIEW
    assert seen(shop, placed.order.number).findings == (), "the provider's record may still decide"
    late = seen(shop, placed.order.number, PATIENCE.refunds)
    assert (kinds(late), actions(late)) == ({Kind.PAYMENT_UNDER_REVIEW}, {Action.REQUEUE})


def test_refunds_under_way_failed_for_certain_and_perhaps_gone_through(shop: Shop, mpesa: Mpesa) -> None:
    number = late_money(shop, mpesa)
    assert seen(shop, number).findings == ()
    stuck = seen(shop, number, PATIENCE.refunds)
    assert (kinds(stuck), actions(stuck)) == ({Kind.STUCK_REFUND}, {Action.REQUEUE})
    refund_payment(shop.till, number, 1)
    give_up_refund(shop.till, number, 1)
    unheard = seen(shop, number)
    assert (kinds(unheard), actions(unheard)) == ({Kind.FAILED_REFUND}, {Action.HAND_OVER})
    refund = account_of(shop, number).refunds[1]
    for reason, expected in (("no_float", Action.REFUND), ("not_refundable", Action.HAND_OVER)):
        certain = RefundImpossible("1", reason, frozenset({refund.reference}))
        note_refund(shop.till, number, 1, certain)
        account = account_of(shop, number)
        changed = account.refunds[1].model_copy(update={"code": "1", "reason": reason, "state": RefundState.FAILED})
        account.refunds[1] = changed
        found = diagnose(account, account.order.version, [], shop.clock.now(), PATIENCE)
        assert actions(found) == {expected}, reason


def late_money(shop: Shop, mpesa: Mpesa) -> str:
    placed = shop.order("late", (SKU, 5))
    mpesa.fail(placed.order.number)
    assert shop.expire(placed)
    other = shop.order("instead", (SKU, 5))
    mpesa.pay(other.order.number)
    shop.verify(other)
    shop.verify(placed, claim=mpesa.pay(placed.order.number))
    return placed.order.number


def account_of(shop: Shop, number: str) -> Account:
    account = shop.till.payments.account(number)
    assert account is not None
    return account


def test_a_board_that_is_behind_and_a_mail_that_was_not_sent(shop: Shop, mpesa: Mpesa) -> None:
    number = shop.order("key", (SKU, 1)).order.number
    assert seen(shop, number, board=False, mails=False).findings == ()
    late = seen(shop, number, PATIENCE.board, board=False, mails=False)
    assert kinds(late) == {Kind.STALE_BOARD, Kind.UNSENT_MAIL}
    assert actions(late) == {Action.REBUILD_BOARD, Action.REQUEUE}
    account = account_of(shop, number)
    missing = diagnose(account, None, [], shop.clock.now() + PATIENCE.board, PATIENCE)
    assert kinds(missing) == {Kind.STALE_BOARD}


def test_everything_that_can_happen_is_well_the_moment_it_happened(shop: Shop) -> None:
    """Every story there is: what is found at once is what people were told of, and all else has its time."""
    found: dict[str, set[Kind]] = {}
    numbers: set[str] = set()
    moved = shop.clock.forward

    def look() -> None:
        for number in numbers_of(shop):
            numbers.add(number)
            account = account_of(shop, number)
            now = max(shop.clock.now(), from_text(account.order.timeline[-1].at))
            if now - from_text(account.order.timeline[-1].at) < timedelta(minutes=5):
                diagnosis = diagnose(account, account.order.version, [], now, PATIENCE)
                found.setdefault(number, set()).update(kinds(diagnosis))

    def stepping(by: timedelta) -> None:
        look()
        moved(by)

    shop.clock.forward = stepping  # type: ignore[method-assign]
    happenings.everything_happens(shop)
    look()
    assert len(numbers) > 10
    assert set().union(*found.values()) <= AT_ONCE
    for number in numbers:
        assert Kind.UNSENT_MAIL not in found.get(number, set())


def numbers_of(shop: Shop) -> list[str]:
    client: Any = shop.database.connection.client
    answer = client.scan(
        TableName=shop.database._names["orders"],
        FilterExpression="sk = :order",
        ExpressionAttributeValues={":order": {"S": "ORDER"}},
    )
    return sorted(row["pk"]["S"] for row in answer["Items"])


def test_a_buyer_who_takes_all_the_time_of_the_hold_is_no_case(shop: Shop, mpesa: Mpesa) -> None:
    placed = shop.order("key", (SKU, 1), payment={"method": "card"})
    at_the_end = placed.order.reserved_until - shop.clock.now()
    assert seen(shop, placed.order.number, at_the_end).findings == ()


def test_a_refused_payment_is_nothing_to_heal(shop: Shop) -> None:
    shop.sell("X", stock=1)
    shop.provider.on_start = lambda _: Refused("1", "busy")
    placed = shop.order("key", ("X", 1))
    assert seen(shop, placed.order.number, timedelta(minutes=10)).findings == ()
    shop.provider.on_start = lambda _: OutcomeUnknown("time-out")
    again = shop.pay_again(placed, "again")
    assert again.attempt.state is AttemptState.UNKNOWN
    assert seen(shop, placed.order.number, timedelta(minutes=1)).findings == ()


def test_a_dispute_of_the_claim_waits_for_nothing(shop: Shop, mpesa: Mpesa) -> None:
    placed = shop.order("key", (SKU, 1))
    mpesa.pay(placed.order.number)
    shop.verify(placed, claim=PaymentClaim(References(), "0", None, placed.attempt.amount + 100))
    moment: datetime = shop.clock.now() + timedelta(days=3)
    account = account_of(shop, placed.order.number)
    assert diagnose(account, account.order.version, [], moment, PATIENCE).findings == ()
