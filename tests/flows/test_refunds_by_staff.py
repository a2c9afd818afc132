"""Staff give money back: whole or in parts, the way it came or as credit, and never more than was captured."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.checkout.place_order import Placement
from commerce.kernel.errors import InvalidRequest, KeyReused
from commerce.payments.links import Purpose
from commerce.payments.model import MOST_REFUNDS, RefundState, RefundTooLarge, TooManyRefunds
from commerce.payments.port import RefundDone, RefundImpossible
from commerce.payments.refund_lines import SHIPPING, RefundWish, lines_for
from commerce.payments.refund_payment import NO_RESULT, give_up_refund, note_refund, refund_payment
from commerce.payments.request_refund import NothingToRefund, refund_order, refundable
from commerce.payments.restart_refund import RefundNotFailed, restart_refund, settle_by_hand
from commerce.payments.store import Account
from commerce.promotions.credit_code import credit_id
from commerce.promotions.credit_store import Credits
from tests.support.card import charge_id
from tests.support.mpesa import Mpesa
from tests.support.promises import assert_kept
from tests.support.shop import Shop
from tests.support.vouchers import publish, voucher
from tests.unit.orders import an_order

WHY: dict[str, Any] = {"by": "staff-1", "reason": "the lid is scratched"}


@pytest.fixture
def shop(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=5)
    return quick


@pytest.fixture
def paid(shop: Shop) -> Placement:
    """An order of two laptops for KES 3,000 and delivery for 300, paid by card."""
    placed = shop.order("key", ("LAP-1", 2), payment={"method": "card"})
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    return placed


def refund(shop: Shop, placed: Placement, key: str = "refund", **wish: Any) -> Account:
    return refund_order(shop.till, placed.order.number, RefundWish(**wish), key=key, **WHY)


def work(shop: Shop, placed: Placement, number: int = 1) -> RefundState:
    refund_payment(shop.till, placed.order.number, number)
    return shop.account(placed).refunds[number].state


def test_everything(shop: Shop, paid: Placement) -> None:
    account = refund(shop, paid)
    assert (account.refunds[1].amount, account.attempts[1].refunded) == (330_000, 330_000)
    event = shop.events(paid)[-1]
    assert (event.type, event.data["by"], event.data["reason"]) == ("RefundRequested", "staff-1", WHY["reason"])
    assert work(shop, paid) is RefundState.SUCCEEDED
    with pytest.raises(NothingToRefund):
        refund(shop, paid, "again")
    assert_kept(shop)


def test_pressed_twice(shop: Shop, paid: Placement) -> None:
    """Case 14: the same request is one refund."""
    for _ in range(3):
        assert len(refund(shop, paid, amount=1_000).refunds) == 1
    assert_kept(shop)


def test_a_key_stands_for_one_refund(shop: Shop, paid: Placement) -> None:
    refund(shop, paid, items={"LAP-1": 1})
    assert len(refund(shop, paid, items={"LAP-1": 1}).refunds) == 1
    for other in ({"items": {"LAP-1": 2}}, {"amount": 5_000}, {"items": {"LAP-1": 1}, "destination": "credit"}, {}):
        with pytest.raises(KeyReused):
            refund(shop, paid, **other)
    assert_kept(shop)


def test_parts_until_nothing_is_left(shop: Shop, paid: Placement) -> None:
    refund(shop, paid, "first", amount=330_000 - 100)
    with pytest.raises(RefundTooLarge) as refusal:
        refund(shop, paid, "second", amount=200)
    assert "KES 1 " in refusal.value.detail
    refund(shop, paid, "third", amount=100)
    assert [work(shop, paid, number) for number in (1, 2)] == [RefundState.SUCCEEDED] * 2
    assert refundable(shop.account(paid)) == 0
    assert_kept(shop)


def test_by_line(shop: Shop, paid: Placement) -> None:
    account = refund(shop, paid, "one laptop", items={"LAP-1": 1})
    assert account.refunds[1].amount == 150_000
    assert refund(shop, paid, "delivery", shipping=True).refunds[2].amount == 30_000
    for wish in ({"items": {"LAP-1": 2}}, {"items": {"LAP-9": 1}}, {"shipping": True}, {"items": {"LAP-1": 0}}):
        with pytest.raises(InvalidRequest):
            refund(shop, paid, "wrong", **wish)
    with pytest.raises(InvalidRequest):
        refund(shop, paid, "both", items={"LAP-1": 1}, amount=5)
    assert_kept(shop)


@given(st.integers(1, 30), st.integers(0, 10**7), st.data())
def test_the_units_of_a_line_make_the_line(quantity: int, charged: int, data: st.DataObject) -> None:
    """However a line goes back in parts, its parts are what was charged for it, to the cent."""
    line = an_order().terms.lines[0]
    line = line.model_copy(update={"quantity": quantity, "total": charged + 7, "discount": 7})
    order = an_order()
    order = order.model_copy(update={"terms": order.terms.model_copy(update={"lines": (line,)})})
    refunds: list[Any] = []
    total = 0
    while (left := quantity - sum(one.lines[0].quantity for one in refunds)) > 0:
        part = lines_for(order, refunds, {line.sku: data.draw(st.integers(1, left))})
        total += part[0].amount
        refunds.append(type("Part", (), {"lines": part})())
    assert total == charged


def test_shipping_is_no_sku(shop: Shop, paid: Placement) -> None:
    account = refund(shop, paid, shipping=True)
    assert account.refunds[1].lines[0].sku == SHIPPING
    assert account.units_paid_back["LAP-1"] == 0


def test_as_store_credit(shop: Shop, paid: Placement) -> None:
    account = refund(shop, paid, amount=100_000, destination="credit")
    made = account.refunds[1]
    assert (made.state, made.destination, account.attempts[1].refunded) == (RefundState.SUCCEEDED, "credit", 100_000)
    assert made.credit_code is not None
    credit = Credits(shop.database).credit(credit_id(made.credit_code))
    assert credit is not None
    assert credit.balance.amount == 100_000
    event = shop.events(paid)[-1]
    assert (event.data["credited"], "refund" in event.data) == (100_000, False)
    assert made.credit_code not in str([one.data for one in shop.events(paid)]), "a code is never in an event"
    assert shop.card.refunds == {}
    assert_kept(shop)


def test_mpesa_gives_back_whole_shillings(shop: Shop, mpesa: Mpesa) -> None:
    placed = shop.order("phone", ("LAP-1", 1))
    shop.verify(placed, claim=mpesa.pay(placed.order.number))
    with pytest.raises(InvalidRequest):
        refund(shop, placed, amount=150)
    account = refund(shop, placed, amount=1_000)
    work(shop, placed)
    assert mpesa.refunded[0].amount.amount == 1_000
    assert mpesa.refunded[0].captured.amount == account.attempts[1].captured == 180_000
    assert_kept(shop)


def test_cents_as_credit_would_leave_what_mpesa_cannot_give_back(shop: Shop, mpesa: Mpesa) -> None:
    """The rest could neither be refunded, nor the order be cancelled or its goods be taken back."""
    placed = shop.order("phone", ("LAP-1", 1))
    shop.verify(placed, claim=mpesa.pay(placed.order.number))
    with pytest.raises(InvalidRequest):
        refund(shop, placed, amount=12_345, destination="credit")
    refund(shop, placed, amount=12_300, destination="credit")
    assert refund(shop, placed, "rest").refunds[2].amount == 180_000 - 12_300
    assert_kept(shop)


@pytest.mark.parametrize(
    "wishes", [[{"items": {"PEN-1": 1}, "shipping": True}], [{"items": {"PEN-1": 1}}, {"shipping": True}]]
)
def test_the_last_lines_bring_what_is_left(shop: Shop, wishes: list[dict[str, Any]]) -> None:
    """The total was rounded down to shillings, lines are rounded up: together they are more than was paid."""
    shop.sell("PEN-1", stock=5, price=150_500)
    publish(shop.database, shop.clock, voucher("CENTS15", percent=15))
    placed = shop.order("pen", ("PEN-1", 1), payment={"method": "card"}, voucher="CENTS15")
    assert (placed.order.terms.rounding, placed.order.terms.total) == (-25, 157_900)
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    for count, wish in enumerate(wishes):
        refund(shop, placed, f"part {count}", **wish)
    assert refundable(shop.account(placed)) == 0
    assert_kept(shop)


def test_lines_that_are_worth_more_than_is_left(shop: Shop, paid: Placement) -> None:
    refund(shop, paid, "some", amount=200_000)
    with pytest.raises(RefundTooLarge):
        refund(shop, paid, "lines", items={"LAP-1": 1})


def test_lines_that_cost_nothing(shop: Shop) -> None:
    publish(shop.database, shop.clock, voucher("GIFT", percent=100))
    placed = shop.order("gift", ("LAP-1", 1), payment={"method": "card"}, voucher="GIFT")
    shop.card.pay(placed.attempt.id)
    shop.verify(placed)
    with pytest.raises(InvalidRequest):
        refund(shop, placed, items={"LAP-1": 1})
    assert "RefundRequested" not in shop.event_types(placed)


def test_an_order_takes_so_many_refunds_and_no_more(shop: Shop, paid: Placement) -> None:
    """A refund's callback token counts to 255: what people open ends long before, and says so."""
    rows = shop.till.orders.rows
    rows(paid.order.number, "ORDER").update(actions=[rows.refunds.set(MOST_REFUNDS - 1)])
    last = refund(shop, paid, "last", amount=100).refunds[MOST_REFUNDS]
    token = shop.till.links.address(Purpose.REFUND, paid.order.number, last.number).rsplit("/", 1)[1]
    assert shop.till.links.open(Purpose.REFUND, token) == (paid.order.number, MOST_REFUNDS)
    before = shop.account(paid)
    with pytest.raises(TooManyRefunds, match="99 refunds"):
        refund(shop, paid, "one more", amount=100)
    assert shop.account(paid) == before


@pytest.mark.parametrize("dispute", ["open", "lost"])
@pytest.mark.parametrize("destination", ["original", "credit"])
def test_disputed_money_is_not_given_back_too(shop: Shop, paid: Placement, dispute: str, destination: str) -> None:
    """The bank takes it from the shop: store credit for the same money would be a second time."""
    rows = shop.till.orders.rows
    rows(paid.order.number, "ORDER").update(actions=[rows.dispute.set(dispute)])
    with pytest.raises(NothingToRefund):
        refund(shop, paid, destination=destination)


def test_the_key_of_a_part_is_not_the_key_of_everything(shop: Shop, paid: Placement) -> None:
    refund(shop, paid, amount=1_000)
    with pytest.raises(KeyReused):
        refund(shop, paid)
    refund(shop, paid, "all")
    assert len(refund(shop, paid, "all").refunds) == 2


def test_an_order_that_nobody_paid(shop: Shop) -> None:
    placed = shop.order("key", ("LAP-1", 1))
    with pytest.raises(NothingToRefund):
        refund(shop, placed)


class TestFailed:
    """A refund that failed is a person's work: its money stays promised until it is given back."""

    @pytest.fixture
    def failed(self, shop: Shop, paid: Placement) -> Placement:
        refund(shop, paid, amount=330_000)
        shop.card.refund_state = "failed"
        assert work(shop, paid) is RefundState.FAILED
        return paid

    def test_it_is_started_again_under_a_new_reference(self, shop: Shop, failed: Placement) -> None:
        shop.card.refund_state = "succeeded"
        restart_refund(shop.till, failed.order.number, 1, **WHY)
        assert shop.events(failed)[-1].data["refund"]["number"] == 1
        assert work(shop, failed) is RefundState.SUCCEEDED
        references = [entry.reference for entries in shop.card.refunds.values() for entry in entries]
        assert references == [f"{failed.order.number}-R1", f"{failed.order.number}-R1.2"]
        assert_kept(shop)

    def test_one_without_a_result_keeps_its_reference(self, shop: Shop, paid: Placement) -> None:
        """Its first try may have gone through: another reference would pay twice."""
        refund(shop, paid, amount=330_000)
        shop.card.refund_state = "pending"
        work(shop, paid)
        give_up_refund(shop.till, paid.order.number, 1)
        assert shop.account(paid).refunds[1].code == NO_RESULT
        restart_refund(shop.till, paid.order.number, 1, **WHY)
        work(shop, paid)
        assert [entry.reference for entry in shop.card.refunds[charge_id(paid.attempt.id)]] == [
            f"{paid.order.number}-R1"
        ]
        assert_kept(shop)

    def test_it_is_settled_by_hand(self, shop: Shop, failed: Placement) -> None:
        account = settle_by_hand(shop.till, failed.order.number, 1, receipt="BANK-77", **WHY)
        assert (account.refunds[1].state, account.refunds[1].refund_receipt) == (RefundState.SUCCEEDED, "BANK-77")
        with pytest.raises(RefundNotFailed):
            restart_refund(shop.till, failed.order.number, 1, **WHY)
        assert_kept(shop)

    def test_its_money_is_not_promised_twice(self, shop: Shop, failed: Placement) -> None:
        with pytest.raises(NothingToRefund):
            refund(shop, failed, "another", amount=1)

    def test_a_late_result_still_counts(self, shop: Shop, failed: Placement) -> None:
        note_refund(shop.till, failed.order.number, 1, RefundDone("re_1"))
        assert shop.account(failed).refunds[1].state is RefundState.SUCCEEDED


def test_a_refusal_of_a_repeat_says_nothing_of_the_first_try(shop: Shop, mpesa: Mpesa) -> None:
    placed = shop.order("phone", ("LAP-1", 1))
    shop.verify(placed, claim=mpesa.pay(placed.order.number))
    refund(shop, placed)
    work(shop, placed)
    known = shop.account(placed).refunds[1].sent_as
    assert known is not None
    repeat = RefundImpossible("1", "no_float", frozenset({"AG_of_the_repeat"}))
    note_refund(shop.till, placed.order.number, 1, repeat)
    assert shop.account(placed).refunds[1].state is RefundState.SENT
    note_refund(shop.till, placed.order.number, 1, RefundImpossible("1", "no_float", frozenset({known})))
    assert shop.account(placed).refunds[1].state is RefundState.FAILED
