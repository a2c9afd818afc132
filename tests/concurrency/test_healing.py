"""The shop repairs itself: each kind of case, on both engines, and whoever else is at the order in the same moment."""

from __future__ import annotations

import json

import pytest

from commerce.board.project_order import project_order
from commerce.healing.decide import ActionRefused, CaseClosed, approve_case, dismiss_case
from commerce.healing.diagnose import envelope
from commerce.healing.model import Action, State
from commerce.inventory.store import StockRow
from commerce.ordering.model import OrderStatus
from commerce.payments.messages import CheckMessage, StatementMessage
from commerce.payments.model import RefundState
from commerce.payments.port import RefundImpossible
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.payments.verify_payment import give_up
from tests.support.healing import LONG, Clinic
from tests.support.interleave import WRITE, interleaving, meeting, together
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop

SKU = "LAP-1"
WHY = {"by": "staff-1", "reason": "looked at it"}


@pytest.fixture
def clinic(shop: Shop) -> Clinic:
    shop.sell(SKU, stock=3)
    return Clinic(shop)


def shown(clinic: Clinic) -> None:
    """Let the board be up to date and every e-mail be sent."""
    shop = clinic.shop
    for account in assert_kept(shop):
        project_order(clinic.desk.board, shop.till.payments, account.order.number)
        for event in shop.till.log.trail(account.order.subject):
            if clinic.desk.mails.begin(event.id):
                clinic.desk.mails.done(event.id)


# -- what is stuck, without any message left


def test_a_payment_whose_every_message_was_lost_is_found_and_settled(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    mpesa.pay(placed.order.number)
    shown(clinic)
    run = clinic.later()
    assert run.orders >= 1
    account = clinic.shop.account(placed)
    assert account.order.status is OrderStatus.PROCESSING
    assert clinic.about(f"order/{placed.order.number}/attempt/1/outcome").state is State.HEALED
    assert_kept(clinic.shop)


def test_an_order_that_the_sweep_left_is_released(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    mpesa.fail(placed.order.number)
    clinic.later()
    clinic.later()
    assert clinic.shop.account(placed).order.status is OrderStatus.EXPIRED
    assert clinic.shop.stock(SKU)["available"] == 3
    assert clinic.about(f"order/{placed.order.number}/hold").state is State.HEALED


def test_money_for_an_expired_order_takes_its_goods_again(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    assert clinic.shop.expire(placed)
    mpesa.pay(placed.order.number)
    clinic.later()
    case = clinic.about(f"order/{placed.order.number}/attempt/1/outcome")
    assert (case.state, case.action) == (State.HEALED, Action.RESERVE_AGAIN)
    assert clinic.shop.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(clinic.shop)


def test_an_outcome_that_nobody_knows_is_asked_for_three_times_and_then_a_persons(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    assert clinic.shop.expire(placed)
    about = f"order/{placed.order.number}/attempt/1/outcome"
    asked = len(mpesa.looked_up)
    for _ in range(12):
        clinic.later()
    case = clinic.about(about)
    assert (case.state, case.tries) == (State.FOR_PERSON, 3)
    assert len(mpesa.looked_up) == asked + 3, "and it does not go on for ever"
    assert clinic.shop.account(placed).attempts[1].unresolved, "the order itself says so too"
    mpesa.pay(placed.order.number)
    approve_case(clinic.staff, case.id, Action.RESERVE_AGAIN, **WHY)
    assert clinic.about(about).state is State.HEALED
    assert clinic.shop.account(placed).order.status is OrderStatus.PROCESSING


def test_a_refund_that_nobody_works_on_is_set_going_again(clinic: Clinic, mpesa: Mpesa) -> None:
    number = late_money(clinic, mpesa)
    clinic.later()
    (message,) = [body for queue, body in clinic.queues.sent if queue == "refund"]
    assert json.loads(message)["number"] == 1
    mpesa.refund_results = True
    refund_payment(clinic.shop.till, number, 1)
    clinic.later()
    assert clinic.about(f"order/{number}/refund/1/open").state is State.HEALED
    assert [queue for queue, _ in clinic.queues.sent].count("refund") == 1
    assert_kept(clinic.shop)


def late_money(clinic: Clinic, mpesa: Mpesa) -> str:
    """Let money come for goods that are gone; return the order whose refund is due."""
    shop = clinic.shop
    placed = shop.order("late", (SKU, 3))
    mpesa.fail(placed.order.number)
    assert shop.expire(placed)
    other = shop.order("instead", (SKU, 3))
    mpesa.pay(other.order.number)
    shop.verify(other)
    shop.verify(placed, claim=mpesa.pay(placed.order.number))
    assert shop.account(placed).refunds[1].open
    shown(clinic)
    return placed.order.number


def test_a_failed_refund_is_proposed_and_started_again_by_a_person_only(clinic: Clinic, mpesa: Mpesa) -> None:
    number = late_money(clinic, mpesa)
    refund_payment(clinic.shop.till, number, 1)
    sent_as = clinic.shop.till.payments.account(number).refunds[1].sent_as  # type: ignore[union-attr]
    note_refund(clinic.shop.till, number, 1, RefundImpossible("1", "no_float", frozenset({str(sent_as)})))
    clinic.later()
    case = clinic.about(f"order/{number}/refund/1/failed")
    assert (case.state, case.action) == (State.PROPOSED, Action.REFUND)
    clinic.later()
    assert refund_state(clinic, number) is RefundState.FAILED
    approve_case(clinic.staff, case.id, None, **WHY)
    assert refund_state(clinic, number) is RefundState.REQUESTED
    assert clinic.about(f"order/{number}/refund/1/failed").state is State.HEALED
    assert clinic.shop.till.log.trail(f"order/{number}")[-1].data["by"] == "staff-1"


def test_a_refund_that_may_have_gone_through_is_never_started_again(clinic: Clinic, mpesa: Mpesa) -> None:
    number = late_money(clinic, mpesa)
    refund_payment(clinic.shop.till, number, 1)
    give_up_refund(clinic.shop.till, number, 1)
    clinic.later()
    case = clinic.about(f"order/{number}/refund/1/failed")
    assert case.state is State.FOR_PERSON
    with pytest.raises(ActionRefused, match="may have gone through"):
        approve_case(clinic.staff, case.id, Action.REFUND, **WHY)
    assert refund_state(clinic, number) is RefundState.FAILED


def refund_state(clinic: Clinic, number: str) -> RefundState:
    account = clinic.shop.till.payments.account(number)
    assert account is not None
    return account.refunds[1].state


def test_a_row_of_the_board_that_is_old_is_made_anew(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    shown(clinic)
    mpesa.pay(placed.order.number)
    clinic.shop.verify(placed)
    clinic.later()
    entry = clinic.desk.board.get(placed.order.number)
    assert entry is not None
    assert entry.status is OrderStatus.PROCESSING
    assert clinic.about(f"order/{placed.order.number}/board").state is State.HEALED


def test_a_mail_that_was_not_sent_is_sent_once_more(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    mpesa.pay(placed.order.number)
    clinic.shop.verify(placed)
    confirmed = clinic.shop.events(placed)[-1]
    clinic.later()
    about = f"event/{confirmed.id}/mail"
    assert ("notify", envelope(confirmed)) in clinic.queues.sent
    assert clinic.about(about).state is State.OPEN
    assert clinic.desk.mails.begin(confirmed.id)
    clinic.desk.mails.done(confirmed.id)
    clinic.later()
    assert clinic.about(about).state is State.HEALED


# -- dead letters


def test_a_letter_goes_back_and_comes_again_and_ends_with_a_person(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    body = CheckMessage(placed.order.number, 1).to_json()
    for _ in range(16):
        clinic.queues.lay("payment", body, clinic.shop.clock.now())
        clinic.later()
        assert clinic.queues.left() == 0
    assert clinic.queues.sent.count(("verify", body)) == 3
    (case,) = [case for case in clinic.cases(State.FOR_PERSON) if case.finding.letter]
    assert case.tries == 3
    assert case.finding.body == body


def test_a_letter_that_is_taken_twice_has_one_case_and_is_sent_once(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    letter = clinic.queues.lay("payment", CheckMessage(placed.order.number, 1).to_json(), clinic.shop.clock.now())
    clinic.run()
    clinic.queues.dead["payment"] = [letter]
    clinic.run()
    assert len(clinic.queues.sent) == 1


def test_what_cannot_be_read_is_sent_nowhere(clinic: Clinic) -> None:
    for body in ("", "{", "[]", '"text"', "nobody's", "{}" * 10, "[" * 50_000):
        clinic.queues.lay("payment", body, clinic.shop.clock.now())
    clinic.run()
    assert clinic.queues.left() == 0
    assert clinic.queues.sent == []
    assert {case.state for case in clinic.cases()} == {State.FOR_PERSON}


def test_an_event_that_waits_for_a_person_is_a_case_of_its_kind(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    give_up(clinic.shop.till, placed.order.number, 1)
    told = clinic.shop.events(placed)[-1]
    assert told.type == "PaymentUnresolved"
    clinic.queues.lay("payment", envelope(told), clinic.shop.clock.now())
    mpesa.pay(placed.order.number)
    clinic.run()
    case = clinic.about(f"order/{placed.order.number}/attempt/1/outcome")
    assert (case.state, case.action) == (State.HEALED, Action.RE_VERIFY)
    assert clinic.shop.account(placed).order.status is OrderStatus.PROCESSING


def test_money_that_the_shop_does_not_know_is_a_persons_until_it_does(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    claim = mpesa.pay(placed.order.number)
    body = StatementMessage("mpesa", str(claim.receipt), "evt_1", check=2).to_json()
    clinic.queues.lay("refund", body, clinic.shop.clock.now())
    clinic.run()
    about = f"receipt/mpesa/{claim.receipt}"
    assert clinic.about(about).state is State.FOR_PERSON
    clinic.shop.verify(placed, claim=claim)
    approve_case(clinic.staff, clinic.about(about).id, Action.REQUEUE, **WHY)
    assert clinic.about(about).state is State.HEALED
    assert json.loads(clinic.queues.sent[-1][1])["check"] == 0


# -- stock


def test_stock_that_does_not_add_up_is_told_and_never_touched(clinic: Clinic) -> None:
    rows = clinic.shop.database.bind(StockRow, "stock")
    rows(f"{SKU}#0").update(actions=[rows.available.set(5)])
    assert clinic.run().stock_faults == 1
    clinic.later()
    assert clinic.about(f"sku/{SKU}#0/sum").state is State.FOR_PERSON
    assert clinic.shop.stock(SKU)["available"] == 5
    rows(f"{SKU}#0").update(actions=[rows.available.set(3)])
    for _ in range(5):
        clinic.later()
    assert clinic.about(f"sku/{SKU}#0/sum").state is State.HEALED


def test_a_hold_of_no_order_is_proposed_after_two_looks_and_released_by_a_person(clinic: Clinic) -> None:
    clinic.shop.order("key", (SKU, 1))
    rows = clinic.shop.database.bind(StockRow, "stock")
    rows(f"{SKU}#0").update(actions=[rows.available.add(-1), rows.reserved.add(1)])
    clinic.run()
    assert clinic.cases() == [], "orders come and go while they are read"
    clinic.shop.clock.forward(LONG / 2)
    clinic.run()
    clinic.run()
    case = clinic.about(f"sku/{SKU}#0/surplus")
    assert (case.state, case.action) == (State.PROPOSED, Action.RELEASE)
    results = together(*[lambda: approve_case(clinic.staff, case.id, None, **WHY)] * 2)
    assert sum(isinstance(result, CaseClosed) for result in results) <= 1
    assert clinic.about(f"sku/{SKU}#0/surplus").state is State.HEALED
    assert sum(clinic.shop.stock(SKU)[name] for name in ("reserved", "sold")) <= 1
    clinic.shop.assert_promises()
    assert [event.type for event in clinic.shop.till.log.trail(f"sku/{SKU}")].count("OrphanedHoldReleased") == 1


# -- at the same time


def test_two_runs_never_overlap(clinic: Clinic) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    clinic.shop.clock.forward(LONG)
    second: list[object] = []
    with interleaving(clinic.shop) as steps:
        steps.before("look_up", lambda: second.append(clinic.run()), nth=1)
        clinic.run()
    (run,) = second
    assert run.skipped == "another_run"  # type: ignore[attr-defined]
    assert clinic.run().skipped is None, "it is given back"
    assert placed


def test_staff_approve_while_the_run_acts(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    assert clinic.shop.expire(placed)
    mpesa.pay(placed.order.number)
    about = f"order/{placed.order.number}/attempt/1/outcome"
    refused: list[object] = []

    def approve() -> None:
        try:
            refused.append(approve_case(clinic.staff, clinic.about(about).id, None, **WHY))
        except CaseClosed as refusal:
            refused.append(refusal)

    clinic.shop.clock.forward(LONG)
    with interleaving(clinic.shop) as steps:
        steps.before("look_up", approve, nth=1)
        clinic.run()
    assert isinstance(refused[0], CaseClosed)
    assert clinic.about(about).state is State.HEALED
    assert clinic.shop.event_types(placed).count("PaymentConfirmed") == 1
    assert_kept(clinic.shop)


def test_the_order_changes_between_diagnosis_and_action(clinic: Clinic, mpesa: Mpesa) -> None:
    placed = clinic.shop.order("key", (SKU, 1))
    number = placed.order.number
    clinic.shop.clock.forward(LONG)
    with interleaving(clinic.shop) as steps:
        # The first look is done, the cases are open; then the buyer's money is settled by a late callback.
        steps.before("look_up", lambda: clinic.shop.verify(placed, claim=mpesa.pay(number)), nth=1)
        clinic.run()
    assert clinic.shop.event_types(placed).count("PaymentConfirmed") == 1
    assert clinic.shop.account(placed).order.status is OrderStatus.PROCESSING
    for _ in range(3):
        clinic.later()
    assert clinic.about(f"order/{number}/attempt/1/outcome").state is State.HEALED
    assert_kept(clinic.shop)


def test_two_decide_at_once_and_one_of_them_is_heard(clinic: Clinic, mpesa: Mpesa) -> None:
    number = late_money(clinic, mpesa)
    refund_payment(clinic.shop.till, number, 1)
    sent_as = clinic.shop.till.payments.account(number).refunds[1].sent_as  # type: ignore[union-attr]
    note_refund(clinic.shop.till, number, 1, RefundImpossible("1", "no_float", frozenset({str(sent_as)})))
    clinic.later()
    case = clinic.about(f"order/{number}/refund/1/failed")
    with interleaving(clinic.shop) as steps:
        steps.before(WRITE, meeting(3), nth=1)
        results = together(
            lambda: approve_case(clinic.staff, case.id, None, **WHY),
            lambda: approve_case(clinic.staff, case.id, Action.REFUND, by="staff-2", reason="me too"),
            lambda: dismiss_case(clinic.staff, case.id, **WHY),
        )
    heard = [result for result in results if not isinstance(result, Exception)]
    assert len(heard) == 1, results
    assert all(isinstance(result, CaseClosed) for result in results if isinstance(result, Exception)), results
    restarted = [event for event in clinic.shop.till.log.trail(f"order/{number}") if event.type == "RefundRestarted"]
    assert len(restarted) == (1 if clinic.about(f"order/{number}/refund/1/failed").state is State.HEALED else 0)
