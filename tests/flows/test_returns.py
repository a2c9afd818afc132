"""Goods that come back: what was sent, once, and each unit's price goes back with it in the same commit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.checkout.place_order import Placement
from commerce.kernel.errors import InvalidRequest, KeyReused, NotFound
from commerce.ordering.returns import MOST_RETURNS, ReceivedLine, Return, ReturnState
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order, refundable
from commerce.promotions.credit_code import credit_id
from commerce.promotions.credit_store import Credits
from commerce.returns.decide_return import Decision, ReturnDecided, decide_return
from commerce.returns.receive_return import ReturnNotDue, receive_return
from commerce.returns.request_return import Asked, NotReturnable, request_return
from commerce.returns.requests import ReturnRequest
from tests.support.interleave import WRITE, calls_of
from tests.support.mpesa import Mpesa
from tests.support.parcels import EMAIL, STAFF, came, pay, ship, track, wish
from tests.support.promises import assert_kept
from tests.support.shop import Shop

WINDOW = timedelta(days=14)


@pytest.fixture
def placed(quick: Shop, mpesa: Mpesa) -> Placement:
    """An order of three lamps at KES 1,000 and a bag at 500, paid and sent."""
    quick.sell("LAP-1", stock=4, price=100_000, buckets=2)
    quick.sell("BAG-1", stock=1, price=50_000)
    placed = pay(quick, mpesa, quick.order("key", ("LAP-1", 3), ("BAG-1", 1)))
    ship(quick, placed)
    return placed


def ask(
    shop: Shop, placed: Placement, key: str = "return", request: ReturnRequest | None = None, **items: int
) -> Asked:
    return request_return(shop.till, placed.order.number, request or wish(**items), key, WINDOW)


def decide(shop: Shop, placed: Placement, decision: Decision = "approve", number: int = 1) -> Return:
    return decide_return(shop.till, placed.order.number, number, decision, by=STAFF, reason="as agreed")


def receive(shop: Shop, placed: Placement, *lines: ReceivedLine, number: int = 1) -> Return:
    return receive_return(shop.till, placed.order.number, number, lines, by=STAFF, reason="checked")


def test_a_whole_return(quick: Shop, mpesa: Mpesa, placed: Placement) -> None:
    asked = ask(quick, placed, LAP_1=2)
    assert (asked.replayed, asked.wish.state, asked.wish.number) == (False, ReturnState.REQUESTED, 1)
    assert decide(quick, placed).state is ReturnState.APPROVED
    closed = receive(quick, placed, came("LAP-1", 1), came("LAP-1", 1, "write_off"))
    assert closed.state is ReturnState.RECEIVED

    account = quick.account(placed)
    assert account.returns == {1: closed}
    assert (closed.decided_by, closed.decision, closed.note) == (STAFF, "as agreed", "The lid is cracked.")
    assert quick.stock("LAP-1") == {"available": 2, "reserved": 0, "sold": 1, "received": 3}
    [refund] = account.refunds.values()
    assert (refund.amount, refund.why, refund.destination, refund.by) == (200_000, "returned", "original", STAFF)
    assert quick.event_types(placed)[-3:] == ["ReturnRequested", "ReturnApproved", "ReturnReceived"]
    assert quick.events(placed)[-1].data == {
        "order_number": placed.order.number,
        "return_number": 1,
        "items": [
            {"sku": "LAP-1", "quantity": 1, "fate": "restock"},
            {"sku": "LAP-1", "quantity": 1, "fate": "write_off"},
        ],
        "amount": 200_000,
        "currency": "KES",
        "credited": 0,
        "refund": {"number": 1, "attempt": 1, "amount": 200_000, "why": "returned"},
        "by": STAFF,
        "reason": "checked",
    }
    assert_kept(quick)


def test_no_event_holds_the_buyers_words(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, LAP_1=1)
    assert "cracked" not in str(quick.events(placed))


def test_each_step_costs_one_read_and_one_write(quick: Shop, placed: Placement) -> None:
    assert calls_of(quick, lambda: ask(quick, placed, LAP_1=1)) == ["Query", WRITE]
    assert calls_of(quick, lambda: decide(quick, placed)) == ["Query", WRITE]
    assert calls_of(quick, lambda: receive(quick, placed, came("LAP-1", 1))) == ["Query", WRITE]


def test_store_credit_instead_of_money(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, request=wish(EMAIL, "credit", BAG_1=1))
    decide(quick, placed)
    receive(quick, placed, came("BAG-1", 1))
    account = quick.account(placed)
    [refund] = account.refunds.values()
    assert (refund.amount, refund.destination, refund.credit_code is not None) == (50_000, "credit", True)
    credit = Credits(quick.database).credit(credit_id(refund.credit_code or ""))
    assert credit is not None
    assert credit.balance.amount == 50_000
    event = quick.events(placed)[-1]
    assert (event.data["credited"], "refund" in event.data) == (50_000, False)
    assert str(refund.credit_code) not in str(quick.events(placed))
    assert_kept(quick)


def test_asking_twice_opens_one_return(quick: Shop, placed: Placement) -> None:
    first = ask(quick, placed, LAP_1=1)
    again = ask(quick, placed, LAP_1=1)
    assert (again.replayed, again.wish) == (True, first.wish)
    with pytest.raises(KeyReused):
        ask(quick, placed, LAP_1=2)
    assert list(quick.account(placed).returns) == [1]


@pytest.mark.parametrize(("number", "email"), [(None, "otieno@example.com"), ("0000000000", EMAIL), ("nonsense", "")])
def test_a_stranger_learns_nothing(quick: Shop, placed: Placement, number: str | None, email: str) -> None:
    with pytest.raises(NotFound) as refused:
        request_return(quick.till, number or placed.order.number, wish(email, LAP_1=1), "key", WINDOW)
    assert refused.value.detail == "No order has this number and e-mail address."


def test_what_was_not_sent_cannot_come_back(quick: Shop, mpesa: Mpesa) -> None:
    quick.sell("PEN-1", stock=2, price=1_000)
    placed = pay(quick, mpesa, quick.order("pens", ("PEN-1", 2)))
    with pytest.raises(NotReturnable):
        ask(quick, placed, PEN_1=1)
    ship(quick, placed, PEN_1=1)
    with pytest.raises(NotReturnable) as refused:
        ask(quick, placed, PEN_1=2)
    assert (refused.value.field, "1 can" in refused.value.detail) == ("items", True)
    ask(quick, placed, PEN_1=1)


def test_a_unit_comes_back_once(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, "one", LAP_1=2)
    with pytest.raises(NotReturnable):
        ask(quick, placed, "two", LAP_1=2)
    ask(quick, placed, "two", LAP_1=1)
    decide(quick, placed, "reject", 1)
    ask(quick, placed, "three", LAP_1=2)
    decide(quick, placed, number=3)
    receive(quick, placed, came("LAP-1", 1), number=3)
    ask(quick, placed, "what did not come", LAP_1=1)
    with pytest.raises(NotReturnable):
        ask(quick, placed, "too much", LAP_1=1)
    with pytest.raises(NotReturnable):
        ask(quick, placed, "never bought", HAT_1=1)


def test_a_unit_whose_price_went_back_stays(quick: Shop, placed: Placement) -> None:
    refund_order(quick.till, placed.order.number, RefundWish(items={"BAG-1": 1}), key="refund", by=STAFF, reason="torn")
    with pytest.raises(NotReturnable):
        ask(quick, placed, BAG_1=1)


def test_a_price_goes_back_once_whichever_way(quick: Shop, placed: Placement) -> None:
    """The return is under way when staff refund the unit: the goods still come back, the money does not go twice."""
    ask(quick, placed, BAG_1=1, LAP_1=1)
    decide(quick, placed)
    refund_order(quick.till, placed.order.number, RefundWish(items={"BAG-1": 1}), key="refund", by=STAFF, reason="torn")
    receive(quick, placed, came("BAG-1", 1), came("LAP-1", 1))
    assert [refund.amount for refund in quick.account(placed).refunds.values()] == [50_000, 100_000]
    assert quick.stock("BAG-1")["available"] == 1
    assert_kept(quick)


def test_when_all_went_back_the_goods_come_without_money(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, LAP_1=3)
    decide(quick, placed)
    refund_order(quick.till, placed.order.number, RefundWish(), key="refund", by=STAFF, reason="angry")
    receive(quick, placed, came("LAP-1", 3))
    assert len(quick.account(placed).refunds) == 1
    assert quick.events(placed)[-1].data["amount"] == 0
    assert_kept(quick)


def test_the_last_return_gets_what_is_left(quick: Shop, placed: Placement) -> None:
    """After a part of the money went back by amount, the lines' shares are more than what is left."""
    refund_order(quick.till, placed.order.number, RefundWish(amount=250_000), key="refund", by=STAFF, reason="late")
    left = refundable(quick.account(placed))
    ask(quick, placed, LAP_1=3)
    decide(quick, placed)
    receive(quick, placed, came("LAP-1", 3))
    assert quick.events(placed)[-1].data["amount"] == left < 300_000
    assert refundable(quick.account(placed)) == 0
    assert_kept(quick)


def test_returns_end_a_while_after_delivery(quick: Shop, placed: Placement) -> None:
    quick.clock.forward(WINDOW * 3)
    ask(quick, placed, "while it is on its way", LAP_1=1)
    track(quick, placed, "delivered")
    quick.clock.forward(WINDOW)
    ask(quick, placed, "on the last day", LAP_1=1)
    quick.clock.forward(timedelta(seconds=1))
    with pytest.raises(NotReturnable, match="14 days"):
        ask(quick, placed, "too late", LAP_1=1)


def test_a_disputed_payment_waits(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, LAP_1=1)
    decide(quick, placed)
    rows = quick.till.orders.rows
    rows(placed.order.number, "ORDER").update(actions=[rows.dispute.set("open")])
    with pytest.raises(NotReturnable):
        ask(quick, placed, "another", LAP_1=1)
    with pytest.raises(ReturnNotDue):
        receive(quick, placed, came("LAP-1", 1))
    rows(placed.order.number, "ORDER").update(actions=[rows.dispute.set("lost")])
    receive(quick, placed, came("LAP-1", 1))
    assert quick.account(placed).refunds == {}, "the bank gave the money back"


def test_not_endless_returns(quick: Shop, placed: Placement) -> None:
    for count in range(1, MOST_RETURNS + 1):
        ask(quick, placed, f"return {count}", BAG_1=1)
        decide(quick, placed, "reject", count)
    with pytest.raises(NotReturnable, match="at most"):
        ask(quick, placed, "one more", BAG_1=1)


def test_a_decision_stands(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, LAP_1=1)
    first = decide(quick, placed, "reject")
    assert decide(quick, placed, "reject") == first
    with pytest.raises(ReturnDecided):
        decide(quick, placed, "approve")
    with pytest.raises(ReturnNotDue):
        receive(quick, placed, came("LAP-1", 1))
    with pytest.raises(NotFound):
        decide(quick, placed, number=2)
    assert quick.event_types(placed).count("ReturnRejected") == 1


def test_goods_are_received_once(quick: Shop, placed: Placement) -> None:
    ask(quick, placed, LAP_1=2)
    with pytest.raises(ReturnNotDue):
        receive(quick, placed, came("LAP-1", 2))
    decide(quick, placed)
    first = receive(quick, placed, came("LAP-1", 1), came("LAP-1", 1, "write_off"))
    assert receive(quick, placed, came("LAP-1", 1, "write_off"), came("LAP-1", 1)) == first
    with pytest.raises(ReturnNotDue):
        receive(quick, placed, came("LAP-1", 2))
    with pytest.raises(ReturnDecided):
        decide(quick, placed, "reject")
    assert len(quick.account(placed).refunds) == 1
    assert_kept(quick)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (came("LAP-1", 3),),
        (came("LAP-1", 2), came("LAP-1", 1, "write_off")),
        (came("BAG-1", 1),),
        (came("LAP-1", 0),),
        (came("LAP-1", 2), came("LAP-1", -1)),
    ],
)
def test_no_more_comes_back_than_was_agreed(quick: Shop, placed: Placement, lines: tuple[ReceivedLine, ...]) -> None:
    ask(quick, placed, LAP_1=2)
    decide(quick, placed)
    with pytest.raises(InvalidRequest) as refused:
        receive(quick, placed, *lines)
    assert refused.value.field == "items"
    assert quick.stock("LAP-1")["sold"] == 3


def test_units_go_back_to_the_buckets_they_came_from(quick: Shop, mpesa: Mpesa) -> None:
    """One order's units lie in several buckets, and one bucket takes both fates in the same commit."""
    quick.sell("CUP-1", stock=6, price=2_000, buckets=3)
    placed = pay(quick, mpesa, quick.order("cups", ("CUP-1", 5)))
    assert len(quick.account(placed).order.holds["CUP-1"]) > 1
    ship(quick, placed)
    ask(quick, placed, CUP_1=4)
    decide(quick, placed)
    receive(quick, placed, came("CUP-1", 1), came("CUP-1", 2, "write_off"), came("CUP-1", 1))
    assert quick.stock("CUP-1") == {"available": 3, "reserved": 0, "sold": 1, "received": 4}
    assert_kept(quick)


def test_goods_named_in_several_lines(quick: Shop, mpesa: Mpesa) -> None:
    """All of them lie in one bucket, which is changed once, by the sum."""
    quick.sell("CUP-1", stock=6, price=2_000)
    placed = pay(quick, mpesa, quick.order("cups", ("CUP-1", 6)))
    ship(quick, placed)
    ask(quick, placed, CUP_1=6)
    decide(quick, placed)
    lines = [came("CUP-1", 1), came("CUP-1", 1, "write_off"), came("CUP-1", 2), came("CUP-1", 1, "write_off")]
    receive(quick, placed, *lines)
    assert quick.stock("CUP-1") == {"available": 3, "reserved": 0, "sold": 1, "received": 4}
    assert_kept(quick)
