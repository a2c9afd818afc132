"""POST /checkout as API Gateway calls it."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
from pynamodb.exceptions import TransactWriteError

from commerce.kernel.errors import CommitBusy
from commerce.limits.store import WindowRow
from commerce.payments.port import OutcomeUnknown, Paid, PaymentClaim, References, Refused
from commerce.payments.verify_payment import verify_payment
from commerce.runtime import wiring
from functions.start_checkout import app
from tests.handlers.event_files import Event, load
from tests.handlers.world import Answer, Calls, Log, World, body_of, fields_of, logged, problem_of
from tests.support import tokens

LAPTOP = "LAP-T480-16-512"
OTHER = "LAP-XPS13-8-256"
PHONE = "712345678"


@pytest.fixture(scope="module", autouse=True)
def _goods(_world: World) -> None:
    _world.shop.sell(LAPTOP, stock=500, buckets=2)
    _world.shop.sell(OTHER, stock=3)


def place(world: World, key: str, case: str = "place_order", **changes: Any) -> Answer:
    """Post an order under a key of this test's own."""
    answer: Answer = world.call("start_checkout", keyed(load("start_checkout", case), key, **changes))
    return answer


def keyed(event: Event, key: str, **changes: Any) -> Event:
    event["headers"]["idempotency-key"] = key
    if changes:
        event["body"] = json.dumps({**json.loads(event["body"]), **changes})
    return event


def refused(world: World, case: str) -> Answer:
    """Post what must be refused, and check that nothing came of it."""
    before = world.shop.stock(LAPTOP), world.shop.stock(OTHER)
    answer: Answer = world.play("start_checkout", case)
    assert (world.shop.stock(LAPTOP), world.shop.stock(OTHER)) == before
    assert world.shop.provider.started == []
    return answer


def test_an_order_is_placed(world: World) -> None:
    answer = place(world, "placed")

    assert answer["statusCode"] == 201
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "Idempotent-Replayed" not in answer["headers"]
    body = body_of(answer)
    order, payment = body["order"], body["payment"]
    assert order["status"] == "pending_payment"
    assert (order["currency"], order["subtotal"], order["shipping"], order["rounding"]) == ("KES", 150_000, 30_000, 0)
    assert order["total"] == order["subtotal"] + order["shipping"] + order["rounding"] == 180_000
    assert order["tax"] == sum(line["tax"] for line in order["tax_record"])
    assert order["items"] == [
        {
            "sku": LAPTOP,
            "name": order["items"][0]["name"],
            "quantity": 1,
            "unit_price": 150_000,
            "total": 150_000,
            "discount": 0,
            "tax": 20_690,
            "tax_class": "standard",
            "tax_rate": "16",
        }
    ]
    assert order["customer"]["phone"] == "+254712345678"
    assert order["delivery"]["address"]["city"] == "Nairobi"
    assert payment["id"] == f"{order['number']}-1"
    assert (payment["method"], payment["status"]) == ("mpesa", "pending")
    assert (payment["amount"], payment["currency"]) == (180_000, "KES")
    assert PHONE not in payment["message"]
    assert len(world.shop.provider.started) == 1


def test_what_a_client_says_of_prices_changes_nothing(world: World) -> None:
    assert body_of(place(world, "own-prices", "own_prices"))["order"]["total"] == 180_000


def test_lines_of_one_sku_are_added_up(world: World) -> None:
    order = body_of(place(world, "several", "several_lines"))["order"]
    assert [(item["sku"], item["quantity"]) for item in order["items"]] == [(LAPTOP, 2), (OTHER, 2)]
    assert order["delivery"]["zone"] == "kenya"


def test_a_body_in_base64_is_the_same_body(world: World) -> None:
    plain = place(world, "base64")
    coded = world.call("start_checkout", keyed(load("start_checkout", "place_order_base64"), "base64"))
    assert (coded["statusCode"], coded["body"]) == (200, plain["body"])


def test_a_replay_is_answered_with_the_very_same_bytes(world: World) -> None:
    first = place(world, "replay")
    number = body_of(first)["order"]["number"]
    stock = world.shop.stock(LAPTOP)

    again = place(world, "replay")
    world.shop.provider.on_look_up = lambda _: Paid()
    verify_payment(world.shop.till, number, 1)
    after_payment = place(world, "replay")

    for replay in (again, after_payment):
        assert replay["statusCode"] == 200
        assert replay["headers"]["Idempotent-Replayed"] == "true"
        assert replay["body"] == first["body"]
    assert world.shop.till.payments.account(number).order.status == "processing"  # type: ignore[union-attr]
    assert len(world.shop.provider.started) == 1
    assert world.shop.stock(LAPTOP)["available"] == stock["available"]


def test_a_replay_of_a_refused_prompt_is_the_same_too(world: World) -> None:
    world.shop.provider.on_start = lambda _: Refused("400.002.02", "number_invalid")
    first = place(world, "refused-prompt")
    assert (first["statusCode"], body_of(first)["payment"]["status"]) == (201, "failed")
    assert place(world, "refused-prompt")["body"] == first["body"]


def test_a_prompt_that_may_or_may_not_have_gone_out_is_not_sent_again(world: World) -> None:
    world.shop.provider.on_start = lambda _: OutcomeUnknown("read time-out")
    first = place(world, "unknown")
    assert (first["statusCode"], body_of(first)["payment"]["status"]) == (201, "unknown")
    assert place(world, "unknown")["body"] == first["body"]
    world.shop.provider.on_look_up = lambda _: Paid()
    claim = PaymentClaim(References("m", "ws_CO_found"), "0", "TKFOUND001")
    verify_payment(world.shop.till, body_of(first)["order"]["number"], 1, claim)
    assert place(world, "unknown")["body"] == first["body"]
    assert len(world.shop.provider.started) == 1


def test_the_same_key_for_another_order_is_refused(world: World) -> None:
    first = place(world, "reused")
    problem = problem_of(place(world, "reused", "several_lines"), 422, "idempotency-key-reused")
    assert fields_of(problem) == ["Idempotency-Key"]
    assert body_of(first)["order"]["number"] not in json.dumps(problem)


@pytest.mark.parametrize("case", ["without_key", "key_too_long"])
def test_the_key_is_required(world: World, case: str) -> None:
    problem = problem_of(refused(world, case), 400, "bad-header")
    assert "Idempotency-Key" in problem["detail"]
    assert fields_of(problem) == ["Idempotency-Key"]


@pytest.mark.parametrize("key", [" ", "naïve", "tab\there", "🔑"])
def test_a_key_is_printable_ascii(world: World, key: str) -> None:
    assert fields_of(problem_of(place(world, key), 400, "bad-header")) == ["Idempotency-Key"]


@pytest.mark.parametrize("body", [None, "", "{", '{"items":', "\ufeff", "[" * 30_000, '"\\ud800"'])
def test_a_body_that_is_no_json(world: World, body: str | None) -> None:
    event = load("start_checkout", "malformed_json")
    problem_of(world.call("start_checkout", event), 400, "unreadable-body")
    problem_of(world.call("start_checkout", {**event, "body": body}), 400, "unreadable-body")


def test_a_body_that_is_no_text(world: World) -> None:
    body = base64.b64encode(b"\xff\xfe{}").decode()
    event = {**load("start_checkout", "place_order_base64"), "body": body}
    problem_of(world.call("start_checkout", event), 400, "unreadable-body")


def test_a_body_larger_than_any_order(world: World) -> None:
    event = load("start_checkout", "place_order")
    event["body"] = event["body"][:-1] + ',"note":"' + "x" * 40_000 + '"}'
    problem_of(world.call("start_checkout", event), 413, "body-too-large")
    event["body"], event["isBase64Encoded"] = base64.b64encode(event["body"].encode()).decode(), True
    problem_of(world.call("start_checkout", event), 413, "body-too-large")


def test_a_body_that_is_no_object(world: World) -> None:
    assert fields_of(problem_of(refused(world, "no_object"), 422, "invalid-request")) == ["body"]


def test_every_wrong_field_is_named(world: World) -> None:
    problem = problem_of(refused(world, "wrong_fields"), 422, "invalid-request")
    assert sorted(fields_of(problem)) == [
        "currency",
        "customer.email",
        "customer.name",
        "customer.phone",
        "items.0.quantity",
        "payment.phone",
        "shipping.address.country",
        "shipping.zone",
    ]
    assert "555" not in json.dumps(problem), "what was sent is not sent back"


def test_every_missing_field_is_named(world: World) -> None:
    problem = problem_of(refused(world, "missing_fields"), 422, "invalid-request")
    assert sorted(fields_of(problem)) == ["customer", "items", "payment", "shipping"]


@pytest.mark.parametrize("quantity", [1.5, "1", True, None, -1, 101, 10**30])
def test_a_quantity_is_a_whole_number(world: World, quantity: object) -> None:
    answer = place(world, "quantity", items=[{"sku": LAPTOP, "quantity": quantity}])
    assert fields_of(problem_of(answer, 422, "invalid-request")) == ["items.0.quantity"]


def test_one_skus_lines_together_are_limited(world: World) -> None:
    answer = place(world, "together", items=[{"sku": LAPTOP, "quantity": 60}, {"sku": LAPTOP, "quantity": 60}])
    assert fields_of(problem_of(answer, 422, "invalid-request")) == ["items"]


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ("unknown_sku", "items.1.sku"),
        ("unknown_zone", "shipping.zone"),
        ("dollars_by_mpesa", "currency"),
    ],
)
def test_what_the_shop_does_not_sell_or_serve(world: World, case: str, field: str) -> None:
    assert fields_of(problem_of(refused(world, case), 422, "invalid-request")) == [field]


def test_out_of_stock_names_the_sku_and_what_is_left(world: World) -> None:
    left = world.shop.stock(OTHER)["available"]
    problem = problem_of(refused(world, "more_than_there_is"), 409, "out-of-stock")
    assert (problem["sku"], problem["available"]) == (OTHER, left)
    assert fields_of(problem) == ["items.0.quantity"]


def test_out_of_stock_among_other_lines(world: World) -> None:
    lines = [{"sku": LAPTOP, "quantity": 1}, {"sku": OTHER, "quantity": 90}]
    problem = problem_of(place(world, "second-line", items=lines), 409, "out-of-stock")
    assert problem["sku"] == OTHER
    assert fields_of(problem) == ["items.1.quantity"]


def test_a_busy_shop_asks_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise CommitBusy

    monkeypatch.setattr(app, "place_order", busy)
    answer = place(world, "busy")
    problem_of(answer, 503, "busy")
    assert int(answer["headers"]["Retry-After"]) >= 1


@pytest.mark.parametrize("error", [RuntimeError("table orders-7f at 10.0.0.5 said no"), TransactWriteError("10.0.0.5")])
def test_a_fault_tells_no_internals(world: World, monkeypatch: pytest.MonkeyPatch, log: Log, error: Exception) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(app, "place_order", broken)
    answer = place(world, "broken")
    problem_of(answer, 500, "internal-error")
    assert "10.0.0.5" not in json.dumps(answer)
    assert "Traceback" in log.text, "whoever looks after the shop can see it"


def test_another_address_is_a_problem_too(world: World) -> None:
    event = load("start_checkout", "place_order")
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/checkouts"
    problem_of(world.call("start_checkout", event), 404, "not-found")


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_the_log_names_the_order_and_nobody(world: World, level: int) -> None:
    with logged(level) as log:
        number = body_of(place(world, f"logged {level}"))["order"]["number"]
    attempt = world.shop.till.payments.account(number).attempts[1]  # type: ignore[union-attr]
    assert number in log.text
    assert app.logger.get_correlation_id() == load("start_checkout", "place_order")["requestContext"]["requestId"]
    for private in (PHONE, "wanjiku@", "Wanjiku", "Moi Avenue", attempt.payment_id, "test-key"):
        assert str(private) not in log.text


def from_address(world: World, key: str, source: str) -> Answer:
    event = keyed(load("start_checkout", "place_order"), key)
    event["requestContext"]["http"]["sourceIp"] = source
    answer: Answer = world.call("start_checkout", event)
    return answer


def test_an_order_takes_one_read_and_two_writes(world: World, calls: Calls) -> None:
    from_address(world, "counted", "192.0.2.60")
    assert calls.operations == ["dynamodb:BatchGetItem", *["dynamodb:TransactWriteItems"] * 2]


def test_an_addresss_first_checkouts_are_free_and_a_flood_ends(
    world: World, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECKOUTS_PER_ADDRESS_PER_MINUTE", "2")
    calls.made.clear()
    answers = [from_address(world, f"flood {place}", f"2001:db8:1:1::{place}") for place in range(7)]
    assert [answer["statusCode"] for answer in answers] == [201] * 5 + [429] * 2, "three are free, two are counted"
    counted = [name for name in calls.operations if name == "dynamodb:UpdateItem"]
    assert len(counted) == 3, "two uses and one refusal; a known refusal costs nothing"
    problem = problem_of(answers[6], 429, "too-many-requests")
    assert answers[6]["headers"]["Retry-After"] == str(problem["retry_after"])
    assert from_address(world, "elsewhere", "2001:db8:1:2::1")["statusCode"] == 201


def test_a_phone_is_asked_so_often_an_hour_whoever_orders(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTS_PER_PHONE_PER_HOUR", "2")
    forget_desks()
    payment = {"method": "mpesa", "phone": "0711 222 333"}
    first = place(world, "ring 1", payment=payment)
    assert place(world, "ring 2", payment={"method": "mpesa", "phone": "+254711222333"})["statusCode"] == 201
    before = world.shop.stock(LAPTOP)

    refused = place(world, "ring 3", payment=payment)
    problem = problem_of(refused, 429, "too-many-requests")
    assert "phone" in problem["detail"]
    assert 1 <= int(refused["headers"]["Retry-After"]) <= 3600
    assert world.shop.stock(LAPTOP) == before, "nothing is held for an order that was not placed"

    assert place(world, "ring 1", payment=payment)["body"] == first["body"], "a replay counts nothing"
    assert place(world, "by card", payment={"method": "card", "phone": "0711 222 333"})["statusCode"] == 201
    assert place(world, "another phone", payment={"method": "mpesa", "phone": "0711222334"})["statusCode"] == 201
    assert len([one for one in world.shop.provider.started if one.phone == "254711222333"]) == 2
    rows = [row.pk for row in world.shop.database.bind(WindowRow, "guards").scan() if "phone/" in str(row.pk)]
    assert rows
    assert not any("711222" in row for row in rows)
    forget_desks()


def test_a_customer_orders_so_often_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_PER_CUSTOMER_PER_HOUR", "2")
    forget_desks()

    def buy(key: str, person: str | None) -> Answer:
        event = keyed(load("start_checkout", "place_order"), key)
        if person:
            event["headers"]["authorization"] = f"Bearer {tokens.token_of(person)}"
        answer: Answer = world.call("start_checkout", event)
        return answer

    assert [buy(f"customer {place}", "wanjiku")["statusCode"] for place in range(3)] == [201, 201, 429]
    assert buy("customer 0", "wanjiku")["statusCode"] == 200
    assert buy("another customer", "achieng")["statusCode"] == 201
    assert buy("a guest", None)["statusCode"] == 201
    forget_desks()


def forget_desks() -> None:
    wiring.payment_desk.cache_clear()
    wiring.checkout_desk.cache_clear()
