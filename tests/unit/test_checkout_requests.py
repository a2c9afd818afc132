"""What a checkout may ask for, and what makes two requests the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from commerce.checkout.requests import MOST_LINES, MOST_UNITS, CheckoutRequest, RetryRequest
from tests.support.shop import checkout_body


def checked(**changes: Any) -> CheckoutRequest:
    return CheckoutRequest.model_validate_json(json.dumps(checkout_body(("LAP-1", 1), **changes)))


def customer(**changes: Any) -> dict[str, Any]:
    return {"customer": {**checkout_body()["customer"], **changes}}


def address(**changes: Any) -> dict[str, Any]:
    where = {**checkout_body()["shipping"]["address"], **changes}
    return {"shipping": {"zone": "nairobi_metro", "address": where}}


def item(sku: Any = "LAP-1", quantity: Any = 1) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [item(f"S-{place}") for place in range(MOST_LINES + 1)]}, "items"),
        ({"items": [item(quantity=0)]}, "items.0.quantity"),
        ({"items": [item(quantity=-1)]}, "items.0.quantity"),
        ({"items": [item(quantity=MOST_UNITS + 1)]}, "items.0.quantity"),
        ({"items": [item(quantity="1")]}, "items.0.quantity"),
        ({"items": [item(quantity=1.5)]}, "items.0.quantity"),
        ({"items": [item(quantity=True)]}, "items.0.quantity"),
        ({"items": [item(), item("S", None)]}, "items.1.quantity"),
        ({"items": [item("A#0")]}, "items.0.sku"),
        ({"items": [item("../x")]}, "items.0.sku"),
        ({"items": [item("LAP-1\n")]}, "items.0.sku"),
        ({"items": [item("x" * 65)]}, "items.0.sku"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "kes"}, "currency"),
        ({"currency": None}, "currency"),
        (customer(name=" "), "customer.name"),
        (customer(name="x" * 121), "customer.name"),
        (customer(name="A\u0000B"), "customer.name"),
        (customer(name="A\r\nBcc: x@y.z"), "customer.name"),
        (customer(name="Ali\u202ece"), "customer.name"),
        (customer(email="no at"), "customer.email"),
        (customer(email="a@b"), "customer.email"),
        (customer(email="a b@c.de"), "customer.email"),
        (customer(email="a@b.de\nBcc: c@d.ef"), "customer.email"),
        (customer(email="a@" + "b" * 64 + ".com"), "customer.email"),
        (customer(email="a@" + "b." * 130 + "com"), "customer.email"),
        (customer(phone="12345"), "customer.phone"),
        (address(line1=""), "shipping.address.line1"),
        (address(city="x" * 121), "shipping.address.city"),
        (address(country="KEN"), "shipping.address.country"),
        ({"shipping": {"zone": "Nairobi Metro", "address": checkout_body()["shipping"]["address"]}}, "shipping.zone"),
        ({"payment": {"method": "No method!", "phone": "0712345678"}}, "payment.method"),
        ({"payment": {"method": "mpesa", "phone": "0812345678"}}, "payment.phone"),
        ({"payment": {"method": "mpesa", "phone": 712345678}}, "payment.phone"),
    ],
)
def test_refused_naming_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        checked(**changes)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


def test_same_sku_twice_is_one_line() -> None:
    request = checked(items=[item("A", 1), item("B", 2), item("A", 3)])
    assert [(each.sku, each.quantity) for each in request.items] == [("A", 4), ("B", 2)]
    assert request.fingerprint() == checked(items=[item("A", 4), item("B", 2)]).fingerprint()


def test_same_sku_adds_up_to_too_many() -> None:
    with pytest.raises(ValidationError, match="at most 100"):
        checked(items=[item("A", MOST_UNITS), item("A", 1)])


def test_what_the_client_says_about_money_changes_nothing() -> None:
    lines = [{**item(), "unit_price": 1, "total": 1}]
    request = checked(items=lines, total=1, tax=0, payment={"method": "mpesa", "phone": "0712345678", "amount": 1})
    assert request == checked()
    assert request.fingerprint() == checked().fingerprint()


@pytest.mark.parametrize("phone", ["0712345678", "+254712345678", "254 712 345 678", "712-345-678"])
def test_the_same_number_written_otherwise_is_the_same_request(phone: str) -> None:
    request = checked(payment={"method": "mpesa", "phone": phone}, **customer(phone=phone))
    assert request.fingerprint() == checked().fingerprint()
    assert request.payment.phone == "254712345678"
    assert request.customer.phone == "+254712345678"


@pytest.mark.parametrize(
    "changes",
    [
        {"items": [item(quantity=2)]},
        {"items": [item("LAP-2")]},
        {"currency": "USD"},
        {"payment": {"method": "mpesa", "phone": "0712345679"}},
        customer(name="Wanjiku K."),
        customer(email="other@example.com"),
        address(line2="2nd floor"),
        {"shipping": {"zone": "kenya", "address": checkout_body()["shipping"]["address"]}},
    ],
)
def test_another_request(changes: dict[str, Any]) -> None:
    assert checked(**changes).fingerprint() != checked().fingerprint()


def test_spaces_around_and_the_hosts_case_do_not_matter() -> None:
    request = checked(**customer(name="  Wanjiku Kamau ", email=" wanjiku@EXAMPLE.com "))
    assert request.fingerprint() == checked().fingerprint()


def test_checked_the_same_from_text_and_from_objects() -> None:
    assert checked() == CheckoutRequest.model_validate(checkout_body(("LAP-1", 1)))


def test_retry_needs_the_email() -> None:
    with pytest.raises(ValidationError):
        RetryRequest.model_validate({"payment": {"method": "mpesa", "phone": "0712345678"}})


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"payment": {"method": "mpesa", "phone": "12"}}, ("payment", "phone"), "not a Kenyan mobile number"),
        ({"customer": {"name": " ", "email": "a@b.co", "phone": "0712345678"}}, ("customer", "name"), "not be empty"),
        (
            {"customer": {"name": "A", "email": "", "phone": "0712345678"}},
            ("customer", "email"),
            "not an e-mail address",
        ),
    ],
)
def test_people_are_told_in_their_words(changes: dict[str, Any], field: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CheckoutRequest.model_validate_json(json.dumps(checkout_body(("A", 1), **changes)))
    [fault] = refused.value.errors()
    assert fault["loc"] == field
    assert message in fault["msg"]


@pytest.mark.parametrize(
    "email", ["wanjikü@example.com", "a,b@example.com", "x<y>@example.com", "..@example.com", ".a@b.co"]
)
def test_addresses_that_no_mail_reaches_are_refused(email: str) -> None:
    with pytest.raises(ValidationError, match="not an e-mail address"):
        checked(**customer(email=email))


@pytest.mark.parametrize("email", ["a@b.co", "wanjiku.kamau+duka@mail.example.co.ke", "o'neil_9@example.com"])
def test_ordinary_addresses_are_taken(email: str) -> None:
    assert checked(**customer(email=email)).customer.email == email
