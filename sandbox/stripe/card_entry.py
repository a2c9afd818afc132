"""A card as its holder typed it, checked as Stripe checks it."""

from datetime import datetime

from sandbox.stripe.cards import by_id, by_number
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, StripeRefusal, missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.models import PaymentMethod

EXPIRES = (12, 34)
"""Month and year of a card that came by its `pm_card_…` id."""


def typed_card(sim: StripeSimulator, card: Json, billing: Json | None) -> PaymentMethod:
    """A PaymentMethod of typed card data.

    Raises:
        StripeRefusal: 402 card_error: incorrect_number, invalid_number, invalid_expiry_month, invalid_expiry_year,
            invalid_cvc, or card_declined for a number that is not a test card.
    """
    number = str(card.get("number", "")).replace(" ", "")
    if not number.isdigit() or not 12 <= len(number) <= 19:
        raise _wrong("invalid_number", "The card number is not a valid credit card number.", "number")
    if not passes_luhn(number):
        raise _wrong("incorrect_number", "Your card number is incorrect.", "number")
    month, year = _expiry(card, sim.now())
    known = by_number(number)
    if known is None:
        raise StripeRefusal(
            402,
            "card_error",
            "Your card was declined. Your request was in test mode, but used a non test card.",
            code="card_declined",
            decline_code="test_mode_live_card",
        )
    cvc = card.get("cvc")
    if cvc is not None and not (str(cvc).isdigit() and len(str(cvc)) == (4 if known.brand == "amex" else 3)):
        raise _wrong("invalid_cvc", "Your card's security code is invalid.", "cvc")
    method = PaymentMethod(new_id("pm"), known, month, year, sim.now(), dict(billing or {}))
    sim.books.methods[method.id] = method
    return method


def named_method(sim: StripeSimulator, wanted: str) -> PaymentMethod:
    """A PaymentMethod by its id: one made before, or a magic `pm_card_…`. Raises StripeRefusal resource_missing."""
    if wanted in sim.books.methods:
        return sim.books.methods[wanted]
    card = by_id(wanted)
    if card is None:
        raise missing("PaymentMethod", wanted, "payment_method")
    month, year = EXPIRES
    method = PaymentMethod(new_id("pm"), card, month, 2000 + year, sim.now())
    sim.books.methods[method.id] = method
    return method


def passes_luhn(number: str) -> bool:
    """The check digit of card numbers."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _expiry(card: Json, now: datetime) -> tuple[int, int]:
    month, year = _number(card.get("exp_month")), _number(card.get("exp_year"))
    if not 1 <= month <= 12:
        raise _wrong("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    year += 2000 if 0 <= year < 100 else 0
    if not now.year <= year <= now.year + 50:
        raise _wrong("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if (year, month) < (now.year, now.month):
        raise _wrong("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    return month, year


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdigit() else -1


def _wrong(code: str, message: str, param: str) -> StripeRefusal:
    return StripeRefusal(402, "card_error", message, code=code, param=param)
