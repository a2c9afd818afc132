"""A saved cart holds what checkout would take, and a wish is of the shop's goods."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from commerce.customers.model import MOST_WISHES, Cart, CartLine
from commerce.kernel.money import Currency


def cart(*lines: dict[str, Any], currency: object = "KES") -> Cart:
    return Cart.model_validate({"items": list(lines), "currency": currency})


def line(sku: str = "MUG", quantity: object = 1) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity}


@pytest.mark.parametrize("quantity", [1, 100])
def test_units_that_can_be_bought(quantity: int) -> None:
    assert CartLine(sku="MUG", quantity=quantity).quantity == quantity


@pytest.mark.parametrize("quantity", [0, 101, -1, 1.0, True, "1"])
def test_units_that_cannot(quantity: object) -> None:
    with pytest.raises(ValidationError, match="quantity"):
        cart(line(quantity=quantity))


def test_a_cart_is_as_long_as_checkout_takes() -> None:
    lines = [line(f"SKU-{number}") for number in range(21)]
    assert len(cart(*lines[:20]).items) == 20
    with pytest.raises(ValidationError, match="items"):
        cart(*lines)
    assert cart().items == []


def test_a_sku_has_one_line() -> None:
    assert [each.sku for each in cart(line("A"), line("a")).items] == ["A", "a"]
    with pytest.raises(ValidationError, match="stands here twice"):
        cart(line("A"), line("B"), line("A"))


@pytest.mark.parametrize("sku", ["A", "0", "a.b_c-D", "x" * 64])
def test_what_may_be_a_sku(sku: str) -> None:
    assert cart(line(sku)).items[0].sku == sku


@pytest.mark.parametrize("sku", ["", "-A", "a b", "a/b", "x" * 65, "A\n", 7])
def test_what_is_no_sku(sku: Any) -> None:
    with pytest.raises(ValidationError, match="sku"):
        cart(line(sku))


@pytest.mark.parametrize("currency", Currency)
def test_a_currency_of_the_shop_is_read_from_its_code(currency: Currency) -> None:
    assert cart(currency=str(currency)).currency is currency
    assert cart(currency=currency).currency is currency


@pytest.mark.parametrize("currency", ["EUR", "", "kes", None, 1, ["KES"]])
def test_other_currencies_are_refused_and_named(currency: object) -> None:
    with pytest.raises(ValidationError, match="currency"):
        cart(currency=currency)


def test_what_is_no_currency_is_not_repeated() -> None:
    """It goes to the log."""
    with pytest.raises(ValidationError) as refused:
        cart(currency="254712345678")
    assert "254712345678" not in str(refused.value)


def test_a_wishlist_is_read_in_one_page() -> None:
    """Promise 6: it is read whole and has an end."""
    assert MOST_WISHES == 200
