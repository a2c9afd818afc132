"""Store credit in an order's life: spent when it is placed, given back when it expires, spent again for late money."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.checkout.views import placed_view
from commerce.fulfilment.cancel_order import cancel_order
from commerce.kernel.commit import Commit
from commerce.kernel.errors import InvalidRequest, KeyReused
from commerce.ordering.concessions import Concessions
from commerce.ordering.events import OrderExpired
from commerce.ordering.model import OrderStatus
from commerce.payments.model import AttemptState
from commerce.payments.refund_lines import RefundWish
from commerce.payments.request_refund import refund_order
from commerce.promotions.credit_code import credit_id
from commerce.promotions.credit_store import CreditRefused, Credits
from tests.support.interleave import READ, WRITE, Crash, calls_of, interleaving
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import Shop
from tests.support.vouchers import give_credit, publish, voucher

#: KES 1,500 of goods and KES 300 delivery.
TOTAL = 180_000


@pytest.fixture
def selling(quick: Shop) -> Shop:
    quick.sell("LAP-1", stock=5)
    return quick


def balance(shop: Shop, code: str) -> int:
    credit = Credits(shop.database).credit(credit_id(code))
    assert credit is not None
    return credit.balance.amount


def place(shop: Shop, code: str, key: str = "key", **more: Any) -> Placement:
    return shop.order(key, ("LAP-1", 1), **{"credit": code, **more})


def refused(shop: Shop, code: str, key: str = "refused", **more: Any) -> None:
    with pytest.raises(CreditRefused) as refusal:
        place(shop, code, key, **more)
    assert (refusal.value.field, refusal.value.detail) == ("credit", "This credit cannot be used.")


def test_credit_pays_a_part(selling: Shop, mpesa: Mpesa) -> None:
    code = give_credit(selling.database, 50_000)
    placed = place(selling, code)
    terms = placed.order.terms
    assert (terms.total, terms.credit, terms.due) == (TOTAL, 50_000, 130_000)
    assert placed.attempt.amount == mpesa.prompts[placed.order.number, 1].amount == 130_000
    assert balance(selling, code) == 0
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    order = selling.account(placed).order
    assert (order.status, order.paid) == (OrderStatus.PROCESSING, 130_000)
    assert selling.events(placed)[0].data["credit"] == 50_000
    refused(selling, code)
    assert_kept(selling)
    assert_money(selling, mpesa, settled=True)


def test_the_code_is_stored_and_told_nowhere(selling: Shop) -> None:
    code = give_credit(selling.database, 50_000)
    placed = place(selling, code)
    told = (
        str(selling.events(placed))
        + repr(selling.account(placed))
        + placed_view(placed.order, placed.attempt).model_dump_json()
    )
    assert code not in told
    assert code.replace("-", "") not in told


def test_credit_pays_everything(selling: Shop, mpesa: Mpesa) -> None:
    code = give_credit(selling.database, 500_000)
    placed = place(selling, code.lower().replace("-", " "))
    assert (placed.attempt.method, placed.attempt.amount, placed.attempt.phone) == ("credit", 0, None)
    assert placed.attempt.state is AttemptState.SUCCEEDED
    account = selling.account(placed)
    assert (account.order.status, account.order.live_attempt, account.order.due_at) == (
        OrderStatus.PROCESSING,
        None,
        None,
    )
    assert balance(selling, code) == 500_000 - TOTAL
    assert selling.stock("LAP-1") == {"available": 4, "reserved": 0, "sold": 1, "received": 5}
    assert mpesa.started == []
    assert selling.event_types(placed) == ["OrderPlaced", "PaymentConfirmed"]
    again = place(selling, code.lower().replace("-", " "))
    assert again.replayed
    assert (
        placed_view(again.order, again.attempt).model_dump_json()
        == placed_view(placed.order, placed.attempt).model_dump_json()
    )
    assert balance(selling, code) == 500_000 - TOTAL
    assert_kept(selling)


@pytest.mark.parametrize("side", ["before", "after"])
def test_worker_dies_when_nothing_is_left_to_pay(selling: Shop, mpesa: Mpesa, side: str) -> None:
    """Case 28: the check that is queued with the order finds it paid; a replay of the checkout does too."""
    code = give_credit(selling.database, 500_000)
    with interleaving(selling) as steps, pytest.raises(Crash):
        steps.crash("before" if side == "before" else "after", WRITE, nth=2 if side == "before" else 1)
        place(selling, code)
    Postman(selling, mpesa).deliver()
    again = place(selling, code)
    assert again.replayed
    assert selling.account(again).order.status is OrderStatus.PROCESSING
    assert_kept(selling)


def test_a_replay_pays_what_nobody_else_has(selling: Shop) -> None:
    code = give_credit(selling.database, 500_000)
    with interleaving(selling) as steps, pytest.raises(Crash):
        steps.crash("after", WRITE, nth=1)
        place(selling, code)
    again = place(selling, code)
    assert again.replayed
    assert again.attempt.state is AttemptState.SUCCEEDED
    assert_kept(selling)


def test_given_back_when_the_order_expires(selling: Shop, mpesa: Mpesa) -> None:
    code = give_credit(selling.database, 50_000)
    placed = place(selling, code)
    mpesa.fail(placed.order.number)
    assert selling.expire(placed)
    assert balance(selling, code) == 50_000
    assert not selling.expire(placed)
    assert balance(selling, code) == 50_000
    place(selling, code, "again")
    assert balance(selling, code) == 0
    assert_kept(selling)


def test_late_money_spends_it_again(selling: Shop, mpesa: Mpesa) -> None:
    code = give_credit(selling.database, 60_000)
    placed = place(selling, code)
    assert selling.expire(placed)
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    order = selling.account(placed).order
    assert (order.status, order.paid, order.credit_returned) == (OrderStatus.PROCESSING, 120_000, 0)
    assert balance(selling, code) == 0
    assert_kept(selling)
    assert_money(selling, mpesa, settled=True)


def test_late_money_goes_back_when_the_credit_is_spent(selling: Shop, mpesa: Mpesa) -> None:
    code = give_credit(selling.database, 60_000)
    placed = place(selling, code)
    assert selling.expire(placed)
    place(selling, code, "quicker", voucher=None)
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    account = selling.account(placed)
    assert account.order.status is OrderStatus.EXPIRED
    assert [(refund.amount, refund.why) for refund in account.refunds.values()] == [(120_000, "late")]
    assert selling.stock("LAP-1")["sold"] == 0
    assert_kept(selling)


def test_with_a_voucher(selling: Shop, mpesa: Mpesa) -> None:
    """The voucher's discount comes first; credit pays of what is left; both come back."""
    publish(selling.database, selling.clock, voucher(percent=15, total_limit=1))
    code = give_credit(selling.database, 12_345)
    placed = place(selling, code, voucher="KARIBU10")
    terms = placed.order.terms
    assert (terms.discount, terms.credit, terms.rounding) == (22_500, 12_345, -55)
    assert (terms.total, terms.due) == (157_445, 145_100)
    assert mpesa.prompts[placed.order.number, 1].amount == 145_100
    assert selling.expire(placed)
    assert balance(selling, code) == 12_345
    selling.verify(placed, claim=mpesa.pay(placed.order.number))
    assert selling.account(placed).order.status is OrderStatus.PROCESSING
    assert balance(selling, code) == 0
    assert_kept(selling)


def test_a_rest_below_a_shilling_is_the_shops(selling: Shop) -> None:
    code = give_credit(selling.database, TOTAL - 45)
    placed = place(selling, code)
    terms = placed.order.terms
    assert (terms.credit, terms.rounding, terms.total, terms.due) == (TOTAL - 45, -45, TOTAL - 45, 0)
    assert selling.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(selling)


def test_credit_brings_an_order_within_what_mpesa_charges(selling: Shop, mpesa: Mpesa) -> None:
    selling.sell("SERVER-1", stock=1, price=26_000_000)
    with pytest.raises(InvalidRequest):
        selling.order("key", ("SERVER-1", 1))
    code = give_credit(selling.database, 2_000_000)
    placed = selling.order("key", ("SERVER-1", 1), credit=code)
    assert mpesa.prompts[placed.order.number, 1].amount == 24_030_000
    assert_kept(selling)


def test_what_cannot_be_used_answers_alike(selling: Shop) -> None:
    refused(selling, "00000-00000-00000-00000")
    refused(selling, "nonsense")
    refused(selling, give_credit(selling.database, 50_000, currency="USD", of="dollars"))
    refused(selling, give_credit(selling.database, 0, of="nothing"))
    assert selling.stock("LAP-1")["available"] == 5


def test_another_code_under_the_same_key(selling: Shop) -> None:
    place(selling, give_credit(selling.database, 50_000))
    with pytest.raises(KeyReused):
        place(selling, give_credit(selling.database, 50_000, of="second"))
    assert_kept(selling)


def test_a_failed_payment_is_tried_again_for_the_same_rest(selling: Shop, mpesa: Mpesa) -> None:
    code = give_credit(selling.database, 50_000)
    placed = place(selling, code)
    selling.verify(placed, claim=mpesa.fail(placed.order.number))
    again = selling.pay_again(placed, "again")
    assert again.attempt.amount == 130_000
    selling.verify(again, 2, mpesa.pay(placed.order.number, 2))
    assert selling.account(placed).order.paid == 130_000
    assert balance(selling, code) == 0
    assert_kept(selling)


def test_costs_no_round_trip_more(selling: Shop) -> None:
    code = give_credit(selling.database, 500_000)
    small = give_credit(selling.database, 5_000, of="small")
    assert calls_of(selling, lambda: place(selling, small)) == [READ, WRITE, "start", WRITE]
    calls = calls_of(selling, lambda: place(selling, code, "covered"))
    assert calls[:3] == [READ, WRITE, WRITE], "placed and paid; nothing is asked of anybody"
    assert calls_of(selling, lambda: place(selling, code, "covered")) == [READ]


def test_what_went_back_already_does_not_go_back_again(selling: Shop) -> None:
    """Staff give a part back, then cancel: the credit has what it had, and not a cent more."""
    code = give_credit(selling.database, 500_000)
    placed = place(selling, code)
    wish = RefundWish(amount=20_000)
    refund_order(selling.till, placed.order.number, wish, key="refund", by="staff-1", reason="A scratch")
    assert balance(selling, code) == 500_000 - TOTAL + 20_000
    cancel_order(selling.till, placed.order.number, by="staff-1", reason="Changed their mind")
    assert balance(selling, code) == 500_000
    assert_kept(selling)


def test_only_what_is_still_spent_is_given_back(selling: Shop) -> None:
    code = give_credit(selling.database, 50_000)
    order = selling.account(place(selling, code)).order
    part = order.model_copy(update={"credit_returned": 20_000})
    commit = Commit(selling.database)
    Concessions(selling.database).give_back(commit, part)
    selling.till.change_order(commit, order, OrderExpired(order_number=order.number))
    commit.send()
    assert balance(selling, code) == 30_000
