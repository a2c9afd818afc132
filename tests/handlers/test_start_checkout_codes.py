"""POST /checkout with a voucher or store credit, as API Gateway calls it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.event_files import load
from tests.handlers.world import Answer, Calls, Log, World, body_of, fields_of, problem_of
from tests.support.vouchers import give_credit, publish, voucher

LAPTOP = "LAP-T480-16-512"


@pytest.fixture(scope="module", autouse=True)
def _goods(_world: World) -> None:
    _world.shop.sell(LAPTOP, stock=500, buckets=2)
    publish(_world.shop.database, _world.shop.clock, voucher("KARIBU10"))


def place(world: World, key: str, case: str, *, source: str = "192.0.2.40", **values: object) -> Answer:
    event = load("start_checkout", case, **values)
    event["headers"]["idempotency-key"] = key
    event["requestContext"]["http"]["sourceIp"] = source
    answer: Answer = world.call("start_checkout", event)
    return answer


def test_an_order_with_a_voucher(world: World) -> None:
    body = body_of(place(world, "voucher", "with_voucher"))
    order, payment = body["order"], body["payment"]
    assert (order["voucher"], order["discount"], order["shipping_discount"]) == ("KARIBU10", 15_000, 0)
    assert (order["subtotal"], order["shipping"], order["total"], order["due"]) == (150_000, 30_000, 165_000, 165_000)
    assert (order["items"][0]["total"], order["items"][0]["discount"]) == (150_000, 15_000)
    assert (payment["method"], payment["amount"]) == ("mpesa", 165_000)


def test_an_order_with_credit(world: World) -> None:
    code = give_credit(world.shop.database, 50_000)
    answer = place(world, "credit", "with_credit", credit=code)
    order = body_of(answer)["order"]
    assert (order["credit"], order["total"], order["due"]) == (50_000, 180_000, 130_000)
    assert body_of(answer)["payment"]["amount"] == 130_000
    assert code not in answer["body"]


def test_nothing_left_to_pay(world: World) -> None:
    code = give_credit(world.shop.database, 500_000, of="plenty")
    first = place(world, "covered", "with_credit", credit=code)
    payment = body_of(first)["payment"]
    assert (first["statusCode"], payment["method"], payment["status"], payment["amount"]) == (201, "credit", "paid", 0)
    assert world.shop.provider.started == []
    again = place(world, "covered", "with_credit", credit=code)
    assert again["statusCode"] == 200
    assert again["body"] == first["body"]


@pytest.mark.parametrize(
    ("case", "slug", "field"),
    [("unknown_voucher", "voucher-refused", "voucher"), ("unknown_credit", "credit-refused", "credit")],
)
def test_a_code_that_cannot_be_used(world: World, case: str, slug: str, field: str) -> None:
    before = world.shop.stock(LAPTOP)
    problem = problem_of(place(world, case, case), 422, slug)
    assert fields_of(problem) == [field]
    assert world.shop.stock(LAPTOP) == before
    assert world.shop.provider.started == []


def test_wrong_codes_are_few_a_minute(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a refused code counts: with good ones, or none, anybody may order as often as they like."""
    monkeypatch.setenv("VOUCHER_CHECKS_PER_MINUTE", "2")
    source = "192.0.2.50"
    for number in range(3):
        assert place(world, f"good {number}", "with_voucher", source=source)["statusCode"] == 201
    for number in range(2):
        problem_of(place(world, f"wrong {number}", "unknown_voucher", source=source), 422, "voucher-refused")
    problem = problem_of(place(world, "one more", "unknown_credit", source=source), 429, "too-many-requests")
    assert problem["retry_after"] <= 60
    problem_of(place(world, "elsewhere", "unknown_voucher", source="192.0.2.51"), 422, "voucher-refused")
    world.shop.clock.forward(timedelta(minutes=1))
    assert place(world, "good again", "with_voucher", source=source)["statusCode"] == 201
    problem_of(place(world, "later", "unknown_voucher", source=source), 422, "voucher-refused")


def test_who_guessed_too_often_is_not_told_which_guess_is_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the limit would only change the words of the answer to a wrong one."""
    monkeypatch.setenv("VOUCHER_CHECKS_PER_MINUTE", "1")
    source = "192.0.2.60"
    problem_of(place(world, "first guess", "unknown_voucher", source=source), 422, "voucher-refused")
    answers = [place(world, f"guess {case}", case, source=source) for case in ("unknown_voucher", "with_voucher")]
    wrong, right = (problem_of(answer, 429, "too-many-requests") for answer in answers)
    assert wrong == right
    assert world.shop.provider.started == []
    assert place(world, "without a code", "place_order", source=source)["statusCode"] == 201


def test_codes_cost_no_call_more(world: World, calls: Calls) -> None:
    """The window of wrong codes and the codes themselves are read and taken with all else."""
    place(world, "cost", "with_voucher")
    assert calls.operations == ["dynamodb:BatchGetItem", *["dynamodb:TransactWriteItems"] * 2]


def test_a_replay_is_no_guess(world: World) -> None:
    """Who placed an order and guessed wrong codes since is shown the order all the same."""
    first = place(world, "placed before", "with_voucher")
    for guess in range(10):
        place(world, f"guess {guess}", "unknown_voucher")
    assert place(world, "placed before", "with_voucher")["body"] == first["body"]


def test_a_credits_code_is_not_logged(world: World, log: Log) -> None:
    code = give_credit(world.shop.database, 500_000, of="secret")
    place(world, "not logged", "with_credit", credit=code)
    place(world, "not logged either", "unknown_credit")
    assert code not in log.text
    assert "00000-00000" not in log.text


def test_a_malformed_member_is_named(world: World) -> None:
    event: dict[str, Any] = load("start_checkout", "with_voucher")
    event["headers"]["idempotency-key"] = "malformed"
    event["body"] = json.dumps({**json.loads(event["body"]), "voucher": 7, "credit": ["x"]})
    problem = problem_of(world.call("start_checkout", event), 422, "invalid-request")
    assert set(fields_of(problem)) == {"voucher", "credit"}
