"""GET /orders/{number} as API Gateway calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.port import Paid, PaymentClaim, References, Refused
from commerce.payments.verify_payment import verify_payment
from commerce.runtime import wiring
from functions.show_order import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World, body_of, problem_of


def show(world: World, placed: Placement, case: str = "by_number_and_email", *, source: str = "192.0.2.1") -> Answer:
    answer: Answer = world.call(
        "show_order", coming_from(load("show_order", case, order_number=placed.order.number), source)
    )
    return answer


def coming_from(event: Event, source: str) -> Event:
    event["requestContext"]["http"]["sourceIp"] = source
    return event


def test_a_buyer_sees_the_order(world: World) -> None:
    placed = world.order()
    answer = show(world, placed)
    assert answer["statusCode"] == 200
    assert answer["headers"]["Cache-Control"] == "no-store"
    body = body_of(answer)
    assert body["order"]["number"] == placed.order.number
    assert [entry["type"] for entry in body["order"]["timeline"]] == ["OrderPlaced", "PaymentPrompted"]
    assert all(entry["text"] and entry["at"].endswith("Z") for entry in body["order"]["timeline"])
    payment = body["payment"]
    assert (payment["status"], payment["receipt"], payment["retry_allowed"], payment["retry_after"]) == (
        "pending",
        None,
        False,
        None,
    )
    assert body["refunds"] == []


def test_a_payment_shows_its_receipt(world: World) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    verify_payment(world.shop.till, placed.order.number, 1, PaymentClaim(References(), "0", "TKM0001"))
    body = body_of(show(world, placed))
    assert (body["order"]["status"], body["payment"]["status"]) == ("processing", "paid")
    assert body["payment"]["receipt"] == "TKM0001"


def test_a_failed_payment_says_when_it_may_be_tried_again(world: World) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Refused("17", "too_soon", retry_after_seconds=120)
    verify_payment(world.shop.till, placed.order.number, 1)
    payment = body_of(show(world, placed))["payment"]
    assert (payment["status"], payment["retry_allowed"]) == ("failed", True)
    assert payment["retry_after"] > placed.order.timeline[0].at
    world.shop.clock.forward(timedelta(minutes=3))
    assert body_of(show(world, placed))["payment"]["retry_after"] is None


def test_a_refund_is_shown(world: World) -> None:
    placed = world.order(stock=1)
    assert world.shop.expire(placed)
    world.shop.order("the last one", (placed.order.terms.lines[0].sku, 1))
    world.shop.provider.on_look_up = lambda _: Paid()
    verify_payment(world.shop.till, placed.order.number, 1)
    body = body_of(show(world, placed))
    assert body["order"]["status"] == "expired"
    shown = {"number": 1, "amount": 180_000, "currency": "KES", "status": "pending", "reason": "late"}
    assert body["refunds"] == [{**shown, "to": "original", "items": []}]


def test_an_email_is_the_same_in_capitals(world: World) -> None:
    assert show(world, world.order(), "email_in_capitals")["statusCode"] == 200


def test_a_number_is_the_same_in_small_letters(world: World) -> None:
    placed = world.order()
    event = load("show_order", "by_number_and_email", order_number=placed.order.number.lower())
    assert world.call("show_order", event)["statusCode"] == 200


def test_whatever_is_wrong_the_answer_is_the_same_404(world: World) -> None:
    placed = world.order()
    answers = [show(world, placed, "wrong_email"), show(world, placed, "without_email")]
    answers += [world.play("show_order", case) for case in ("wrong_number", "malformed_number")]
    for number in ("", "%00", placed.order.number[:-1], placed.order.number + "0", placed.order.number + "/events"):
        event = load("show_order", "wrong_number")
        event["rawPath"] = event["requestContext"]["http"]["path"] = f"/orders/{number}"
        answers.append(world.call("show_order", event))
    for answer in answers:
        problem_of(answer, 404, "not-found")
        assert placed.order.number not in answer["body"]
    assert len({answer["body"] for answer in answers[:4]}) == 1, "a stranger cannot tell why"
    assert len({str(answer["headers"]) for answer in answers[:4]}) == 1


def test_events_of_an_order_are_not_public(world: World) -> None:
    placed = world.order()
    event = load("show_order", "by_number_and_email", order_number=placed.order.number)
    event["rawPath"] = event["requestContext"]["http"]["path"] = f"/orders/{placed.order.number}/events"
    for function in ("show_order", "retry_payment", "start_checkout"):
        problem_of(world.call(function, event), 404, "not-found")
    assert world.call("browse_catalog", event)["statusCode"] == 404


@pytest.fixture
def three_a_minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STATUS_LIMIT_PER_MINUTE", "3")
    wiring.order_lookups.cache_clear()
    yield
    wiring.order_lookups.cache_clear()


@pytest.mark.usefixtures("three_a_minute")
def test_one_order_is_asked_for_so_often_a_minute(world: World) -> None:
    placed, other = world.order(), world.order()
    for place in range(3):
        assert show(world, placed, source=f"192.0.2.{place}")["statusCode"] == 200

    answer = show(world, placed, source="192.0.2.7")
    problem = problem_of(answer, 429, "too-many-requests")
    assert 1 <= int(answer["headers"]["Retry-After"]) == problem["retry_after"] <= 60

    assert show(world, other, source="192.0.2.7")["statusCode"] == 200, "other orders need not wait"
    world.shop.clock.forward(timedelta(seconds=problem["retry_after"]))
    assert show(world, placed, source="192.0.2.7")["statusCode"] == 200


@pytest.mark.usefixtures("three_a_minute")
def test_one_address_asks_in_vain_so_often_a_minute(world: World) -> None:
    sources = ["2001:db8:0:7::1", "2001:db8:0:7::2", "2001:db8:0:7:ffff::3", "2001:db8:0:7::4"]
    *missed, limited = [show(world, world.order(), "wrong_email", source=source) for source in sources]
    assert [answer["statusCode"] for answer in missed] == [404] * 3
    problem_of(limited, 429, "too-many-requests")
    placed = world.order()
    assert show(world, placed, "wrong_email", source="2001:db8:0:8::5")["statusCode"] == 404, "another network may ask"
    assert show(world, placed, source="2001:db8:0:7::5")["statusCode"] == 200, "who knows the address need not wait"


@pytest.mark.usefixtures("three_a_minute")
def test_guesses_count_against_the_number_though_the_guesser_is_told_to_wait(world: World) -> None:
    placed = world.order()
    said = []
    for minute in range(10):
        world.shop.clock.moment = world.shop.clock.moment.replace(minute=20 + minute, second=0)
        said += [show(world, placed, "wrong_email", source="192.0.2.9")["statusCode"] for _ in range(2)]
        said.append(show(world, world.order(), "wrong_email", source="192.0.2.9")["statusCode"])
        said.append(show(world, world.order(), "wrong_email", source="192.0.2.9")["statusCode"])
    assert said[:4] == [404, 404, 404, 429]
    problem_of(show(world, placed, source="198.51.100.7"), 429, "too-many-requests")


def test_ten_wrong_addresses_lock_an_orders_number_for_everybody(world: World) -> None:
    world.shop.clock.moment = world.shop.clock.moment.replace(minute=21, second=30)
    placed, other = world.order(), world.order()
    for place in range(10):
        answer = show(world, placed, "wrong_email", source=f"198.51.100.{place}")
        assert answer["statusCode"] == 404
    for source in ("198.51.100.200", "192.0.2.1"):
        problem = problem_of(show(world, placed, source=source), 429, "too-many-requests")
        assert problem["retry_after"] == 8 * 60 + 30, "the rest of the ten minutes"
    wiring.order_lookups.cache_clear()
    problem_of(show(world, placed), 429, "too-many-requests")
    assert show(world, other)["statusCode"] == 200, "no other order is locked"
    world.shop.clock.forward(timedelta(seconds=8 * 60 + 30))
    assert show(world, placed)["statusCode"] == 200


def test_a_number_of_no_order_is_locked_like_any_other(world: World) -> None:
    answers = []
    for place in range(11):
        event = coming_from(load("show_order", "wrong_number"), f"198.51.100.{place}")
        answers.append(world.call("show_order", event)["statusCode"])
    assert answers == [404] * 10 + [429]


def test_what_is_known_to_be_locked_costs_nothing(world: World, calls: Calls) -> None:
    placed = world.order()
    for place in range(10):
        show(world, placed, "wrong_email", source=f"198.51.100.{place}")
    show(world, placed)
    calls.made.clear()
    problem_of(show(world, placed), 429, "too-many-requests")
    assert not [name for name in calls.operations if name.startswith("dynamodb:")]


def test_a_fault_tells_no_internals(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("10.0.0.5 said no")

    placed = world.order()
    monkeypatch.setattr(app, "find_account", broken)
    answer = show(world, placed)
    problem_of(answer, 500, "internal-error")
    assert "10.0.0.5" not in answer["body"]


def test_one_write_counts_the_request_and_one_read_answers_it(world: World, calls: Calls) -> None:
    placed = world.order()
    calls.made.clear()
    show(world, placed)
    assert calls.operations == ["dynamodb:UpdateItem", "dynamodb:Query"]


def test_the_log_holds_nobody(world: World, log: Log) -> None:
    placed = world.order()
    show(world, placed)
    show(world, placed, "wrong_email")
    for private in ("wanjiku", "otieno", "712345678"):
        assert private not in log.text.lower()
