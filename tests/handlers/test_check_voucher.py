"""POST /vouchers/check as API Gateway calls it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World, body_of, fields_of, problem_of
from tests.support.vouchers import publish, voucher

LAPTOP = "LAP-T480-16-512"


@pytest.fixture(scope="module", autouse=True)
def _codes(_world: World) -> None:
    shop = _world.shop
    shop.sell(LAPTOP, stock=50)
    for promised in (
        voucher("KARIBU10", description="10 % off"),
        voucher("DELIVERED", "free_shipping"),
        voucher("RICH", minimum_spend={"KES": 10**8, "USD": 10**6}),
        voucher("DOLLARS", currencies=["USD"]),
        voucher("BOOKS", categories=["books"]),
        voucher("OVER", valid_until="2026-01-01T00:00:00Z"),
        voucher("LATER", valid_from="2027-01-01T00:00:00Z"),
        voucher("OFF", active=False),
        voucher("SPENT", total_limit=1),
        voucher("SPENT-RICH", total_limit=1),
        voucher("SPREAD", total_limit=2, shards=2),
        voucher("ONCE", per_customer_limit=1),
        voucher("FIRST", first_order_only=True),
    ):
        publish(shop.database, shop.clock, promised)


@pytest.fixture(autouse=True)
def _new_minute(world: World) -> None:
    world.shop.clock.forward(timedelta(minutes=1))


def ask(world: World, case: str = "percent_off", *, source: str = "192.0.2.9", **changes: Any) -> Answer:
    answer: Answer = world.call("check_voucher", changed(load("check_voucher", case), source, **changes))
    return answer


def changed(event: Event, source: str, **changes: Any) -> Event:
    body = json.loads(event["body"])
    event["body"] = json.dumps({name: value for name, value in {**body, **changes}.items() if value is not None})
    event["requestContext"]["http"]["sourceIp"] = source
    return event


def refusal(world: World, code: str, **changes: Any) -> dict[str, Any]:
    return problem_of(ask(world, code=code, source=f"of {code}", **changes), 422, "voucher-refused")


def test_a_buyer_is_told_what_a_code_does(world: World) -> None:
    answer = ask(world)
    assert answer["statusCode"] == 200
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert body_of(answer) == {
        "code": "KARIBU10",
        "description": "10 % off",
        "discount": 15_000,
        "shipping_discount": 0,
        "currency": "KES",
        "subtotal": 150_000,
    }


def test_delivery_is_looked_at_where_it_is_known(world: World) -> None:
    told = body_of(ask(world, "free_delivery"))
    assert (told["discount"], told["shipping_discount"]) == (60_000, 60_000)
    told = body_of(ask(world, "free_delivery", shipping=None))
    assert (told["discount"], told["shipping_discount"]) == (0, 0)


def test_a_basket_is_enough(world: World) -> None:
    told = body_of(ask(world, "basket_alone"))
    assert (told["subtotal"], told["discount"]) == (300_000, 30_000)


def test_the_order_gets_what_was_told(world: World) -> None:
    told = body_of(ask(world))
    placed = world.shop.order("told", (LAPTOP, 1), voucher="KARIBU10")
    assert placed.order.terms.discount == told["discount"]


def test_a_live_code_says_what_it_lacks(world: World) -> None:
    assert "KES 1,000,000" in refusal(world, "RICH")["detail"]
    assert "USD" in refusal(world, "DOLLARS")["detail"]
    assert "these goods" in refusal(world, "BOOKS")["detail"]
    assert fields_of(refusal(world, "RICH")) == ["code"]


def test_all_that_cannot_be_used_is_one_answer(world: World) -> None:
    """Nobody learns by asking which codes there are, or were."""
    for code in ("SPENT", "SPENT-RICH", "ONCE", "FIRST"):
        world.shop.order(f"uses {code}", (LAPTOP, 1), voucher=code)
    publish(
        world.shop.database,
        world.shop.clock,
        voucher("SPENT-RICH", total_limit=1, minimum_spend={"KES": 10**8, "USD": 10**6}),
    )
    codes = ["NEVER-WAS", "OVER", "LATER", "OFF", "SPENT", "SPENT-RICH", "ONCE", "FIRST", "no code", "Ü#*", "A" * 64]
    answers = [ask(world, code=code, source=f"of {code}") for code in codes]
    assert len({answer["body"] for answer in answers}) == 1
    assert len({str(answer["headers"]) for answer in answers}) == 1
    problem = problem_of(ask(world, "unknown_code"), 422, "voucher-refused")
    assert (problem["detail"], fields_of(problem)) == ("This code cannot be used.", ["code"])
    assert "NEVER" not in json.dumps(problem)


def test_another_customer_may(world: World) -> None:
    other = {"email": "otieno@example.com", "phone": "0733 000 000"}
    assert ask(world, code="ONCE", customer=other)["statusCode"] == 200
    assert ask(world, code="FIRST", customer=other)["statusCode"] == 200
    assert ask(world, code="FIRST", customer=None)["statusCode"] == 200, "nobody is named, so nobody is looked up"


def test_any_shard_will_do(world: World) -> None:
    for number in range(2):
        assert ask(world, code="SPREAD", source="192.0.2.20")["statusCode"] == 200
        world.shop.order(f"spread {number}", (LAPTOP, 1), voucher="SPREAD")
    refusal(world, "SPREAD")


def test_every_code_costs_the_same(world: World, calls: Calls) -> None:
    """One write of the caller's window and one read of the same keys, whatever the code is; refusals are told of."""
    asked = []
    for code in ("KARIBU10", "NEVER-WAS", "OVER", "SPREAD", "no code"):
        calls.made.clear()
        answer = ask(world, code=code, source=f"cost of {code}")
        told = ["sqs:SendMessage"] * (answer["statusCode"] == 422)
        assert calls.operations == ["dynamodb:UpdateItem", "dynamodb:BatchGetItem", *told]
        tables = calls.made[1][2]["RequestItems"]
        asked.append(sorted(len(keys["Keys"]) for keys in tables.values()))
    assert all(each == asked[0] for each in asked)


def test_asking_uses_nothing(world: World) -> None:
    before = world.shop.stock(LAPTOP)
    for _ in range(3):
        assert ask(world, code="ONCE", customer={"email": "asks@example.com", "phone": "0700 000 111"})
    assert world.shop.stock(LAPTOP) == before
    world.shop.order(
        "after asking",
        (LAPTOP, 1),
        voucher="ONCE",
        customer={"name": "Asks", "email": "asks@example.com", "phone": "0700 000 111"},
    )


def test_what_is_wrong_is_named(world: World) -> None:
    assert fields_of(problem_of(ask(world, "unknown_sku"), 422, "invalid-request")) == ["items.0.sku"]
    problem = problem_of(ask(world, "wrong_fields"), 422, "invalid-request")
    assert {"code", "items", "currency", "customer.email", "customer.phone"} <= set(fields_of(problem))
    zone = problem_of(ask(world, shipping={"zone": "moon"}), 422, "invalid-request")
    assert fields_of(zone) == ["shipping.zone"]


def test_asking_too_often_must_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOUCHER_CHECKS_PER_MINUTE", "3")
    statuses = [ask(world, code=f"GUESS-{number}", source="192.0.2.30")["statusCode"] for number in range(3)]
    assert statuses == [422, 422, 422]
    problem = problem_of(ask(world, source="192.0.2.30"), 429, "too-many-requests")
    assert 0 < problem["retry_after"] <= 60
    assert ask(world, source="192.0.2.31")["statusCode"] == 200
    world.shop.clock.forward(timedelta(minutes=1))
    assert ask(world, source="192.0.2.30")["statusCode"] == 200


def test_neither_buyer_nor_code_is_logged(world: World, log: Log) -> None:
    ask(world)
    ask(world, "unknown_code")
    for secret in ("wanjiku", "712345678", "NEVER-WAS"):
        assert secret not in log.text


def test_only_its_own_address(world: World) -> None:
    event = load("check_voucher", "percent_off")
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/vouchers"
    problem_of(world.call("check_voucher", event), 404, "not-found")
