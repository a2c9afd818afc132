"""GET /payment-methods: what a buyer can choose."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.payments.breaker import FAILURES
from commerce.payments.port import OutcomeUnknown
from tests.handlers.world import World, body_of, fields_of, problem_of


def offered(world: World, case: str) -> dict[str, Any]:
    answer = world.play("offer_payment_methods", case)
    assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (200, "no-store")
    return {item["method"]: (item["available"], item["reason"]) for item in body_of(answer)["items"]}


@pytest.fixture(autouse=True)
def cards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_ID", "salama/stripe")


def test_shillings_are_paid_either_way(world: World) -> None:
    assert offered(world, "in_shillings") == {"mpesa": (True, None), "card": (True, None)}


def test_dollars_are_paid_by_card(world: World) -> None:
    assert offered(world, "in_dollars") == {"mpesa": (False, "Takes KES only."), "card": (True, None)}


def test_more_than_mpesa_takes_is_paid_by_card(world: World) -> None:
    methods = offered(world, "too_much")
    assert methods["mpesa"] == (False, "Takes at most KES 250,000 in one payment.")
    assert methods["card"] == (True, None)


def test_without_its_secret_a_provider_is_not_offered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_SECRET_ID")
    assert offered(world, "in_shillings") == {"mpesa": (True, None)}


@pytest.mark.parametrize(("case", "field"), [("wrong_currency", "currency"), ("wrong_total", "total")])
def test_nonsense_is_refused(world: World, case: str, field: str) -> None:
    assert fields_of(problem_of(world.play("offer_payment_methods", case), 422, "invalid-request")) == [field]


def test_a_provider_that_is_down_is_not_offered(world: World) -> None:
    """Case 26: the circuit opens, and buyers are shown another way."""
    world.shop.provider.on_start = lambda _: OutcomeUnknown("read time-out")
    for _ in range(FAILURES):
        world.order()
    assert offered(world, "in_shillings")["mpesa"][0] is False
    assert offered(world, "in_shillings")["card"] == (True, None)
