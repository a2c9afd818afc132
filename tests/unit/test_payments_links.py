"""Callback addresses: only this shop can have made them, each for one attempt and one purpose (promise 4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.ids import order_number
from commerce.payments.links import CallbackLinks, Purpose

LINKS = CallbackLinks("https://shop.test/api", ["key"])
NUMBER = order_number("some order")


def token(links: CallbackLinks = LINKS, purpose: Purpose = Purpose.PAYMENT, attempt: int = 1) -> str:
    return links.address(purpose, NUMBER, attempt).rpartition("/")[2]


@given(st.text(), st.integers(1, 5), st.sampled_from(Purpose))
def test_opens_what_it_made(order: str, attempt: int, purpose: Purpose) -> None:
    number = order_number(order)
    address = LINKS.address(purpose, number, attempt)
    path = "stk" if purpose is Purpose.PAYMENT else "daraja"
    assert address.startswith(f"https://shop.test/api/hooks/{path}/")
    assert LINKS.open(purpose, address.rpartition("/")[2]) == (number, attempt)


def test_suffix() -> None:
    assert LINKS.address(Purpose.REFUND, NUMBER, 1, "/result") == LINKS.address(Purpose.REFUND, NUMBER, 1) + "/result"


def test_another_purpose() -> None:
    """Case 24: the address of a refund's result opens no payment."""
    assert LINKS.open(Purpose.REFUND, token()) is None
    assert LINKS.open(Purpose.PAYMENT, token(purpose=Purpose.REFUND)) is None
    assert LINKS.open(Purpose.REFUND, token(purpose=Purpose.RECORD)) is None


def test_another_attempt_or_order() -> None:
    """Case 24: knowing one token gives no other."""
    made = token()
    other = token(attempt=2)
    assert LINKS.open(Purpose.PAYMENT, made[:15] + other[15:]) is None
    assert LINKS.open(Purpose.PAYMENT, other[:15] + made[15:]) is None


@given(st.integers(0, 62), st.sampled_from("0123456789abcdef"))
def test_any_digit_changed(place: int, digit: str) -> None:
    made = token()
    changed = made[:place] + digit + made[place + 1 :]
    assert (LINKS.open(Purpose.PAYMENT, changed) is None) == (changed != made)


@given(st.text())
def test_made_up(text: str) -> None:
    assert LINKS.open(Purpose.PAYMENT, text) is None


@pytest.mark.parametrize("text", ["", token() + "\n", token().upper(), token()[:-1], token() + "0", "\ud800" * 63])
def test_nearly(text: str) -> None:
    assert text == token() or LINKS.open(Purpose.PAYMENT, text) is None


def test_keys_are_rolled() -> None:
    """A new key signs; prompts that are out under the old one are still matched; a dropped key opens nothing."""
    rolled = CallbackLinks("https://shop.test/api", ["new", "key"])
    assert rolled.open(Purpose.PAYMENT, token()) == (NUMBER, 1)
    assert LINKS.open(Purpose.PAYMENT, token(rolled)) is None
    assert CallbackLinks("https://shop.test/api", ["new"]).open(Purpose.PAYMENT, token()) is None


@pytest.mark.parametrize("keys", [[], [""], ["key", ""]])
def test_no_key(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="key"):
        CallbackLinks("https://shop.test/api", keys)


def test_keys_are_not_shown() -> None:
    assert "key" not in repr(CallbackLinks("https://shop.test/api", ["a-secret-key"])).replace("keys", "")
