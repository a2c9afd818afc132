"""Who pays what: store credit first, and the rest in an amount that can be charged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.checkout.bill import Bill, bill_of, chargeable_rounding, spendable
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency, Money
from commerce.payments.port import Capabilities
from commerce.promotions.credit_store import Credit, CreditRefused

KES, USD = Currency.KES, Currency.USD
MPESA = Capabilities(frozenset({"mpesa"}), {KES: (100, 25_000_000)}, whole_units_only=True)
CARD = Capabilities(frozenset({"card"}), {KES: (5_000, 99_999_900), USD: (50, 99_999_999)})

AMOUNTS = st.integers(0, 10**8)


def kes(amount: int) -> Money:
    return Money(amount, KES)


@given(AMOUNTS, AMOUNTS, st.sampled_from([MPESA, CARD]), st.sampled_from([KES, USD]), st.booleans())
def test_nothing_appears_and_nothing_is_lost(
    amount: int, balance: int, taker: Capabilities, currency: Currency, discounted: bool
) -> None:
    try:
        bill = bill_of(Money(amount, currency), balance, taker, discounted=discounted)
    except InvalidRequest:
        return
    assert amount + bill.rounding == bill.credit + bill.due
    assert 0 <= bill.credit <= min(balance, amount)
    assert -100 < bill.rounding <= 0
    if bill.due == 0:
        assert bill.credit or discounted, "only a voucher or credit makes an order cost nothing"
    else:
        least, most = taker.limits[currency]
        assert least <= bill.due <= most
        assert currency is not KES or bill.due % 100 == 0


@given(AMOUNTS, AMOUNTS, st.sampled_from([MPESA, CARD]), st.sampled_from([KES, USD]))
def test_credit_never_makes_an_order_unpayable(
    amount: int, balance: int, taker: Capabilities, currency: Currency
) -> None:
    try:
        bill_of(Money(amount, currency), 0, taker)
    except InvalidRequest:
        return
    bill_of(Money(amount, currency), balance, taker)


def test_credit_goes_first() -> None:
    assert bill_of(kes(180_000), 50_000, MPESA) == Bill(credit=50_000, rounding=0, due=130_000)
    assert bill_of(kes(180_000), 500_000, MPESA) == Bill(credit=180_000, rounding=0, due=0)
    assert bill_of(kes(180_000), 0, MPESA) == Bill(credit=0, rounding=0, due=180_000)


def test_cents_that_remain_are_the_shops() -> None:
    assert bill_of(kes(180_000), 50_001, MPESA) == Bill(credit=50_001, rounding=-99, due=129_900)
    assert bill_of(kes(180_000), 179_955, MPESA) == Bill(credit=179_955, rounding=-45, due=0)
    assert bill_of(Money(1_000, USD), 999, CARD) == Bill(credit=950, rounding=0, due=50)


def test_a_rest_that_cannot_be_charged_spends_less_credit() -> None:
    assert bill_of(kes(10_000), 9_000, CARD) == Bill(credit=5_000, rounding=0, due=5_000)
    assert bill_of(kes(10_050), 9_000, CARD) == Bill(credit=5_050, rounding=0, due=5_000)


@pytest.mark.parametrize(
    ("amount", "taker", "field"),
    [
        (kes(45), MPESA, "items"),
        (kes(4_900), CARD, "items"),
        (kes(25_000_100), MPESA, "payment.method"),
        (Money(1_000, USD), MPESA, "payment.method"),
    ],
)
def test_what_a_method_cannot_charge_is_refused(amount: Money, taker: Capabilities, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        bill_of(amount, 0, taker)
    assert refused.value.field == field


def test_credit_can_bring_an_amount_within_reach() -> None:
    assert bill_of(kes(25_000_100), 100, MPESA).due == 25_000_000
    assert bill_of(kes(4_900), 4_900, CARD).due == 0
    with pytest.raises(InvalidRequest):
        bill_of(kes(4_900), 100, CARD)
    assert bill_of(Money(1_000, USD), 1_000, MPESA).due == 0, "nothing is left for the method to charge"


def test_a_voucher_may_leave_nothing_to_pay() -> None:
    assert bill_of(kes(0), 0, MPESA, discounted=True) == Bill(0, 0, 0)
    assert bill_of(kes(99), 0, MPESA, discounted=True) == Bill(0, -99, 0)


@given(st.integers(1, 10**9))
def test_rounding_is_the_shops_gift(amount: int) -> None:
    rounding = chargeable_rounding(kes(amount))
    assert -100 < rounding <= 0
    assert (amount + rounding) % 100 == 0
    assert chargeable_rounding(Money(amount, USD)) == 0


@pytest.mark.parametrize("credit", [None, Credit("x", kes(0), kes(100), "o"), Credit("x", Money(5, USD), kes(5), "o")])
def test_a_credit_with_nothing_for_this_order(credit: Credit | None) -> None:
    with pytest.raises(CreditRefused) as refused:
        spendable(credit, KES)
    assert (refused.value.field, refused.value.detail) == ("credit", "This credit cannot be used.")


def test_a_credit_with_something_left() -> None:
    assert spendable(Credit("x", kes(70), kes(100), "o"), KES) == 70
