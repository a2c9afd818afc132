"""Whoever guesses learns nothing: what is another's is answered as what does not exist, after the same work."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from commerce.kernel.ids import order_number
from tests.attacks.hostile import BODIES, CUSTOMER
from tests.attacks.scene import VICTIM, Scene
from tests.handlers.world import counted_calls
from tests.support.gateway import Reply
from tests.support.tokens import token
from tests.support.vouchers import publish, voucher

NOBODYS = order_number("an order that nobody placed")
THIEF = "thief@example.com"
_keys = itertools.count()


def status(scene: Scene, number: str, email: str = THIEF) -> Reply:
    return scene.ask("GET", f"/orders/{number}?email={email}")


def pay(scene: Scene, number: str, email: str = THIEF) -> Reply:
    body = BODIES["POST /orders/{number}/payments"] | {"email": email}
    return scene.send("POST", f"/orders/{number}/payments", body, headers=[("idempotency-key", f"guess-{next(_keys)}")])


def give_back(scene: Scene, number: str, email: str = THIEF) -> Reply:
    body = BODIES["POST /orders/{number}/returns"] | {"email": email}
    return scene.send("POST", f"/orders/{number}/returns", body, headers=[("idempotency-key", f"guess-{next(_keys)}")])


def review(scene: Scene, number: str, email: str = THIEF) -> Reply:
    body = BODIES["POST /products/{slug}/reviews"] | {"order_number": number, "email": email}
    return scene.send("POST", "/products/thing-1/reviews", body)


GUESSES = [status, pay, give_back, review]
Guess = Callable[..., Reply]


def seen(scene: Scene, guess: Guess, *given: Any) -> tuple[Any, ...]:
    """What a guesser sees and could measure: the answer, and how often the shop asked its tables."""
    scene.world.shop.clock.forward(timedelta(minutes=1))
    scene.forget()
    with counted_calls() as calls:
        reply = guess(scene, *given)
    assert scene.written == []
    asked = sorted(operation for operation in calls.operations if operation.startswith("dynamodb:"))
    headers = {name: value for name, value in reply.headers.items() if name != "date"}
    return reply.status, headers, reply.body, asked, scene.kinds


@pytest.mark.parametrize("guess", GUESSES)
def test_an_order_of_another_is_as_one_that_does_not_exist(scene: Scene, guess: Guess) -> None:
    theirs = seen(scene, guess, scene.theirs)
    assert theirs[0] == 404
    assert theirs == seen(scene, guess, NOBODYS)
    assert theirs[4] == ["lookup_missed"]


@pytest.mark.parametrize("guess", GUESSES)
def test_an_address_is_not_confirmed_by_a_wrong_number(scene: Scene, guess: Guess) -> None:
    known, unknown = seen(scene, guess, NOBODYS, VICTIM["email"]), seen(scene, guess, NOBODYS, THIEF)
    assert known == unknown


@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("number", ["1", "7K2M9QX4T", "7K2M9QX4TDD", "7K2M9QX4TU"])
def test_a_number_that_cannot_be_one_is_no_different_either(scene: Scene, guess: Guess, number: str) -> None:
    answer = seen(scene, guess, number)
    if guess is review:
        assert answer[0] in {404, 422}
    else:
        assert answer[:3] == seen(scene, guess, NOBODYS)[:3]


@pytest.mark.parametrize(
    "email",
    [
        "zawadi.njeri@example.com,thief@example.com",
        "zawadi.njeri@example.co",
        "zawadi.njeri@example.com%00",
        "zaw%D0%B0di.njeri@example.com",
        "*",
        "%25",
        "",
    ],
)
def test_an_address_must_be_the_whole_one(scene: Scene, email: str) -> None:
    assert seen(scene, status, scene.theirs, email)[0] == 404


def test_two_addresses_in_one_request_are_none(scene: Scene) -> None:
    for query in (f"email={THIEF}&email={VICTIM['email']}", f"email={VICTIM['email']}&email={THIEF}"):
        assert scene.ask("GET", f"/orders/{scene.theirs}?{query}").status == 404


def test_a_code_that_cannot_be_used_is_as_one_that_nobody_made(scene: Scene) -> None:
    shop = scene.world.shop
    publish(shop.database, shop.clock, voucher("SWITCHEDOFF", active=False))
    publish(shop.database, shop.clock, voucher("OVER", valid_until="2026-01-01T00:00:00Z"))
    publish(shop.database, shop.clock, voucher("LATER", valid_from="2030-01-01T00:00:00Z"))

    def check(scene: Scene, code: str) -> Reply:
        return scene.send("POST", "/vouchers/check", BODIES["POST /vouchers/check"] | {"code": code})

    unknown = seen(scene, check, "NOBODYMADEIT")
    assert unknown[0] == 422
    for code in ("SWITCHEDOFF", "OVER", "LATER", "not a code", "КARIBU10"):
        assert seen(scene, check, code)[:3] == unknown[:3], code


def test_credit_of_nobody_is_refused_as_credit_that_is_spent(scene: Scene) -> None:
    def spend(scene: Scene, code: str) -> Reply:
        body = BODIES["POST /checkout"] | {"credit": code}
        return scene.send("POST", "/checkout", body, headers=[("idempotency-key", f"credit-{next(_keys)}")])

    nobodys = seen(scene, spend, "7K2M9-QX4TD-0ABCD-EFGHJ")
    assert nobodys[0] == 422
    for code in ("no code", "0" * 20, scene.credit[:-1], scene.credit + "0"):
        assert seen(scene, spend, code)[:3] == nobodys[:3], code


def test_a_product_that_was_withdrawn_is_as_one_that_never_was(scene: Scene) -> None:
    scene.world.shop.sell("WITHDRAWN-1", stock=5, for_sale=False)

    def wish(scene: Scene, slug: str) -> Reply:
        return scene.ask("PUT", f"/me/wishlist/{slug}", headers=[("authorization", f"Bearer {CUSTOMER}")])

    def show(scene: Scene, slug: str) -> Reply:
        return scene.ask("GET", f"/products/{slug}")

    for ask in (wish, show):
        assert seen(scene, ask, "withdrawn-1")[:4] == seen(scene, ask, "never-was-1")[:4]


def test_what_one_customer_keeps_no_other_sees(scene: Scene) -> None:
    victim, thief = (("authorization", f"Bearer {token(sub=subject)}") for subject in ("victim-1", "thief-1"))
    cart = {"items": [{"sku": "THING-2", "quantity": 7}], "currency": "KES"}
    assert scene.send("PUT", "/me/cart", cart, headers=[victim]).status == 200
    assert scene.ask("PUT", "/me/wishlist/thing-2", headers=[victim]).status == 204
    for path in ("/me/cart", "/me/wishlist", "/me"):
        for query in ("", "?subject=victim-1&sub=victim-1&user=victim-1"):
            shown = scene.ask("GET", path + query, headers=[thief, ("x-user", "victim-1"), ("cookie", "sub=victim-1")])
            assert shown.status == 200
            assert "THING-2" not in shown.text
            assert "thing-2" not in shown.text
            assert "victim-1" not in shown.text


def test_a_key_of_another_buyer_shows_nothing_of_their_order(scene: Scene) -> None:
    """An Idempotency-Key is no password: who guesses one, or sees one, is refused unless they know the whole order."""
    body = BODIES["POST /checkout"] | {"customer": VICTIM}
    key = [("idempotency-key", "the victim's key")]
    placed = scene.send("POST", "/checkout", body, headers=key)
    assert placed.status == 201
    scene.forget()
    for stolen in (BODIES["POST /checkout"], body | {"items": [{"sku": "THING-2", "quantity": 1}]}):
        reply = scene.send("POST", "/checkout", stolen, headers=key)
        assert (reply.status, reply.json["type"]) == (422, "urn:salama:problem:idempotency-key-reused")
        assert placed.json["order"]["number"] not in reply.text
    assert scene.written == []
    assert "key_reused" in scene.kinds
    mine = scene.send("POST", "/checkout", body, headers=[*key, ("authorization", f"Bearer {CUSTOMER}")])
    assert mine.status == 201
    assert json.loads(mine.body)["order"]["number"] != placed.json["order"]["number"], "a customer's keys are their own"
