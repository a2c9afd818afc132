"""A customer's notes: bounds hold however many devices write at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from commerce.customers.model import MOST_WISHES, Cart, CartLine
from commerce.customers.store import CartChanged, Notes, TooManyWishes
from commerce.kernel.money import Currency
from commerce.kernel.tables import Database
from tests.support.interleave import together

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def cart(*skus: str) -> Cart:
    return Cart(items=[CartLine(sku=sku, quantity=1) for sku in skus], currency=Currency.KES)


@pytest.fixture
def notes(database: Database) -> Notes:
    return Notes(database, "user-1")


def test_a_cart_comes_back_as_it_was_saved(database: Database, notes: Notes) -> None:
    assert notes.cart() is None
    assert notes.save_cart(cart("A"), NOW).version == 1
    saved = notes.save_cart(cart("A", "B"), NOW + timedelta(seconds=1))
    assert (saved.version, saved.cart, saved.saved_at) == (2, cart("A", "B"), NOW + timedelta(seconds=1))
    assert notes.cart() == saved
    assert Notes(database, "user-2").cart() is None


def test_a_cart_is_not_written_over_one_that_was_not_seen(notes: Notes) -> None:
    notes.save_cart(cart("A"), NOW, replaces=0)
    with pytest.raises(CartChanged) as again:
        notes.save_cart(cart("B"), NOW, replaces=0)
    assert again.value.version == 1
    notes.save_cart(cart("B"), NOW, replaces=1)
    with pytest.raises(CartChanged) as stale:
        notes.save_cart(cart("C"), NOW, replaces=1)
    assert stale.value.version == 2
    assert [line.sku for line in saved_lines(notes)] == ["B"]


def test_a_version_of_a_cart_that_never_was(notes: Notes) -> None:
    with pytest.raises(CartChanged) as refused:
        notes.save_cart(cart("A"), NOW, replaces=3)
    assert refused.value.version == 0
    assert notes.cart() is None


def test_of_two_devices_that_saw_the_same_cart_one_saves(notes: Notes) -> None:
    notes.save_cart(cart("A"), NOW)
    results = together(*(lambda sku=sku: notes.save_cart(cart(sku), NOW, replaces=1) for sku in ("B", "C", "D")))
    assert sorted(type(result).__name__ for result in results) == ["CartChanged", "CartChanged", "SavedCart"]


def test_without_a_version_the_last_write_stays(notes: Notes) -> None:
    together(*(lambda sku=sku: notes.save_cart(cart(sku), NOW) for sku in ("B", "C", "D")))
    stored = notes.cart()
    assert stored is not None
    assert stored.version == 3


def test_wishes_come_newest_first_and_each_once(notes: Notes) -> None:
    for second, slug in enumerate(("b", "a-1", "c", "a-1")):
        notes.add_wish(slug, NOW + timedelta(seconds=second))
    assert [(wish.slug, wish.added_at.second) for wish in notes.wishes()] == [("c", 2), ("a-1", 1), ("b", 0)]
    notes.drop_wish("a-1")
    notes.drop_wish("a-1")
    notes.drop_wish("never-there")
    assert [wish.slug for wish in notes.wishes()] == ["c", "b"]


def test_nothing_is_dropped_from_no_wishlist(notes: Notes) -> None:
    notes.drop_wish("a")
    assert notes.wishes() == []


def test_the_last_place_is_taken_once(notes: Notes) -> None:
    """Ten devices add to a list with one place left: one is let in, and the list is as long as it may be."""
    for number in range(MOST_WISHES - 1):
        notes.add_wish(f"wish-{number}", NOW)
    results = together(*(lambda n=n: notes.add_wish(f"late-{n}", NOW) for n in range(10)))
    assert sum(isinstance(result, TooManyWishes) for result in results) == 9
    assert len(notes.wishes()) == MOST_WISHES
    notes.add_wish("wish-7", NOW)
    notes.drop_wish("wish-7")
    notes.add_wish("room-again", NOW)
    assert len(notes.wishes()) == MOST_WISHES


def test_first_wishes_at_once_are_all_kept(notes: Notes) -> None:
    together(*(lambda n=n: notes.add_wish(f"wish-{n}", NOW) for n in range(8)))
    assert len(notes.wishes()) == 8


def saved_lines(notes: Notes) -> list[CartLine]:
    stored = notes.cart()
    assert stored is not None
    return stored.cart.items
