"""POST /orders/{number}/returns as API Gateway calls it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.port import Paid
from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World, body_of, fields_of, problem_of
from tests.support.parcels import ship, track


@pytest.fixture
def sent(world: World) -> Placement:
    """An order that is paid and with DHL."""
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    world.shop.verify(placed)
    ship(world.shop, placed)
    return placed


def ask(world: World, placed: Placement, case: str = "ask", *, source: str = "192.0.2.30", **changes: str) -> Answer:
    values = {"order_number": placed.order.number, "sku": placed.order.terms.lines[0].sku}
    event: Event = load("request_return", case, **values)
    event["requestContext"]["http"]["sourceIp"] = source
    event["headers"].update({name.replace("_", "-"): value for name, value in changes.items()})
    answer: Answer = world.call("request_return", event)
    return answer


def test_a_return_is_opened(world: World, sent: Placement) -> None:
    answer = ask(world, sent)
    assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (201, "no-store")
    sku = sent.order.terms.lines[0].sku
    assert body_of(answer) == {
        "return": {
            "number": 1,
            "status": "requested",
            "items": [{"sku": sku, "quantity": 1}],
            "resolution": "refund",
            "reason": "damaged",
        }
    }
    assert world.shop.account(sent).returns[1].note == "The screen is cracked."


def test_a_replay_is_the_same_return(world: World, sent: Placement) -> None:
    first = ask(world, sent)
    again = ask(world, sent)
    assert (again["statusCode"], again["headers"]["Idempotent-Replayed"]) == (200, "true")
    assert body_of(again) == body_of(first)
    problem_of(ask(world, sent, "ask_for_credit"), 422, "idempotency-key-reused")
    assert list(world.shop.account(sent).returns) == [1]


def test_store_credit_may_be_chosen(world: World, sent: Placement) -> None:
    assert body_of(ask(world, sent, "ask_for_credit"))["return"]["resolution"] == "credit"


def test_no_more_than_was_sent(world: World, sent: Placement) -> None:
    assert fields_of(problem_of(ask(world, sent, "more_than_was_sent"), 409, "not-returnable")) == ["items"]
    problem_of(ask(world, world.order()), 409, "not-returnable")


def test_not_for_ever(world: World, sent: Placement) -> None:
    track(world.shop, sent, "delivered")
    world.shop.clock.forward(timedelta(days=14, seconds=1))
    problem_of(ask(world, sent), 409, "not-returnable")


def test_whatever_is_wrong_the_answer_is_the_same_404(world: World, sent: Placement) -> None:
    wrong = world.play("request_return", "wrong_email", order_number=sent.order.number)
    malformed = world.play("request_return", "malformed_number")
    for answer in (wrong, malformed):
        problem_of(answer, 404, "not-found")
    assert wrong["body"] == malformed["body"]
    assert world.shop.account(sent).returns == {}


def test_a_request_that_cannot_be(world: World, sent: Placement) -> None:
    number = sent.order.number
    assert fields_of(
        problem_of(world.play("request_return", "without_key", order_number=number), 400, "bad-header")
    ) == ["Idempotency-Key"]
    problem_of(world.play("request_return", "malformed_json", order_number=number), 400, "unreadable-body")
    answer = world.play("request_return", "wrong_fields", order_number=number)
    assert set(fields_of(problem_of(answer, 422, "invalid-request"))) == {"items.0.quantity", "reason", "resolution"}


def test_wrong_addresses_lock_the_orders_number(world: World, sent: Placement) -> None:
    for place in range(10):
        event: Event = load("request_return", "wrong_email", order_number=sent.order.number)
        event["requestContext"]["http"]["sourceIp"] = f"192.0.2.{place}"
        assert world.call("request_return", event)["statusCode"] == 404
    problem_of(ask(world, sent, source="192.0.2.31"), 429, "too-many-requests")
    assert not world.shop.account(sent).returns


def test_it_costs_a_count_a_read_and_a_write(world: World, sent: Placement, calls: Calls) -> None:
    calls.made.clear()
    ask(world, sent)
    assert calls.operations == ["dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:TransactWriteItems"]


def test_the_log_holds_nobody(world: World, sent: Placement, log: Log) -> None:
    ask(world, sent)
    world.play("request_return", "wrong_email", order_number=sent.order.number)
    for private in ("wanjiku", "otieno", "cracked"):
        assert private not in log.text.lower()
