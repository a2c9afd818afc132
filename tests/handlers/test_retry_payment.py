"""POST /orders/{number}/payments as API Gateway calls it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.kernel.errors import CommitBusy
from commerce.payments.port import OutcomeUnknown, Paid, Refused
from commerce.payments.verify_payment import verify_payment
from functions.retry_payment import app
from tests.handlers.event_files import load
from tests.handlers.world import Answer, Log, World, body_of, fields_of, problem_of

CANCELLED = Refused("1032", "cancelled")


def again(world: World, placed: Placement, key: str, case: str = "pay_again", **changes: Any) -> Answer:
    """Ask to pay an order again under a key of this test's own."""
    event = load("retry_payment", case, order_number=placed.order.number)
    event["headers"]["idempotency-key"] = key
    event["body"] = json.dumps({**json.loads(event["body"]), **changes})
    answer: Answer = world.call("retry_payment", event)
    return answer


def failed(world: World, why: Refused = CANCELLED) -> Placement:
    """Place an order whose first attempt ended without money."""
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: why
    verify_payment(world.shop.till, placed.order.number, 1)
    world.shop.provider.on_look_up = None
    return placed


def test_another_attempt_starts_after_a_failed_one(world: World) -> None:
    placed = failed(world)
    answer = again(world, placed, "r")
    assert answer["statusCode"] == 201
    body = body_of(answer)
    assert (body["payment"]["id"], body["payment"]["status"]) == (f"{placed.order.number}-2", "pending")
    assert (body["order"]["number"], body["order"]["status"]) == (placed.order.number, "pending_payment")
    assert [request.attempt for request in world.shop.provider.started] == [1, 2]


def test_a_replay_finds_the_attempt_it_opened(world: World) -> None:
    placed = failed(world)
    first, second = again(world, placed, "r"), again(world, placed, "r")
    assert (second["statusCode"], second["headers"]["Idempotent-Replayed"]) == (200, "true")
    assert second["body"] == first["body"]
    assert len(world.shop.provider.started) == 2


def test_the_same_key_for_another_phone_is_refused(world: World) -> None:
    placed = failed(world)
    again(world, placed, "r")
    answer = again(world, placed, "r", payment={"method": "mpesa", "phone": "0110000000"})
    assert fields_of(problem_of(answer, 422, "idempotency-key-reused")) == ["Idempotency-Key"]


@pytest.mark.parametrize("started", ["live", "unknown"])
def test_never_while_an_attempt_may_still_bring_money(world: World, started: str) -> None:
    if started == "unknown":
        world.shop.provider.on_start = lambda _: OutcomeUnknown("read time-out")
    placed = world.order()
    problem_of(again(world, placed, "r"), 409, "payment-in-progress")
    assert len(world.shop.provider.started) == 1


def test_not_once_it_is_paid(world: World) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    verify_payment(world.shop.till, placed.order.number, 1)
    assert "processing" in problem_of(again(world, placed, "r"), 409, "order-not-payable")["detail"]


def test_not_once_the_goods_are_no_longer_held(world: World) -> None:
    placed = failed(world)
    world.shop.clock.forward(timedelta(minutes=16))
    problem_of(again(world, placed, "r"), 409, "order-not-payable")


def test_not_more_than_a_few_times(world: World) -> None:
    placed = failed(world)
    world.shop.provider.on_start = lambda _: Refused("500.003.02", "provider_unavailable")
    for number in range(2, 6):
        assert again(world, placed, f"r{number}")["statusCode"] == 201
    problem_of(again(world, placed, "r6"), 409, "order-not-payable")


def test_too_soon_says_when(world: World) -> None:
    placed = failed(world, Refused("17", "too_soon", retry_after_seconds=120))
    world.shop.clock.forward(timedelta(seconds=20))
    answer = again(world, placed, "r")
    problem = problem_of(answer, 409, "payment-too-soon")
    assert 100 <= int(answer["headers"]["Retry-After"]) <= 101
    assert problem["retry_after"] == int(answer["headers"]["Retry-After"])
    world.shop.clock.forward(timedelta(seconds=problem["retry_after"]))
    assert again(world, placed, "r")["statusCode"] == 201


def test_the_key_is_required(world: World) -> None:
    placed = failed(world)
    problem = problem_of(
        world.play("retry_payment", "without_key", order_number=placed.order.number), 400, "bad-header"
    )
    assert fields_of(problem) == ["Idempotency-Key"]


def test_a_wrong_phone_is_named(world: World) -> None:
    placed = failed(world)
    assert fields_of(problem_of(again(world, placed, "r", "wrong_phone"), 422, "invalid-request")) == ["payment.phone"]


def test_a_body_that_is_no_json(world: World) -> None:
    event = {**load("retry_payment", "malformed_number"), "body": "{"}
    problem_of(world.call("retry_payment", event), 400, "unreadable-body")


def test_wrong_email_wrong_number_and_no_number_are_the_same_404(world: World) -> None:
    placed = failed(world)
    wrong_number = load("retry_payment", "pay_again", order_number="0000000000")
    answers = [
        again(world, placed, "r", "wrong_email"),
        world.call("retry_payment", wrong_number),
        world.play("retry_payment", "malformed_number"),
    ]
    for answer in answers:
        problem_of(answer, 404, "not-found")
    assert len({answer["body"] for answer in answers}) == 1


def test_a_busy_shop_asks_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise CommitBusy

    placed = failed(world)
    monkeypatch.setattr(app, "retry_payment", busy)
    answer = again(world, placed, "r")
    problem_of(answer, 503, "busy")
    assert answer["headers"]["Retry-After"] == "1"


def test_the_log_names_the_order_and_nobody(world: World, log: Log) -> None:
    placed = failed(world)
    again(world, placed, "r")
    assert placed.order.number in log.text
    attempts = world.shop.account(placed).attempts.values()
    for private in ("712345678", "wanjiku@", "test-key", *(attempt.payment_id for attempt in attempts)):
        assert str(private) not in log.text
