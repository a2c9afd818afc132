"""Carriers' reports from the queue move shipments, each once, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from commerce.checkout.place_order import Placement
from commerce.kernel.errors import CommitBusy
from commerce.ordering.model import OrderStatus
from commerce.ordering.shipments import ShipmentState
from commerce.payments.port import Paid
from functions.track_shipment import app
from tests.handlers.world import Calls, Log, World
from tests.support.parcels import ship

FINE: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def sent(world: World) -> Placement:
    """An order that is paid and with DHL."""
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    world.shop.verify(placed)
    ship(world.shop, placed)
    return placed


def track(world: World, case: str, placed: Placement) -> Any:
    return world.play("track_shipment", case, order_number=placed.order.number)


def test_a_report_moves_its_shipment(world: World, sent: Placement) -> None:
    assert track(world, "in_transit", sent) == FINE
    assert world.shop.account(sent).order.status is OrderStatus.IN_TRANSIT
    assert world.shop.events(sent)[-1].data["by"] == "carrier/dhl"


def test_out_of_order_and_twice(world: World, sent: Placement) -> None:
    assert track(world, "delivered_before_in_transit", sent) == FINE
    assert world.shop.account(sent).order.status is OrderStatus.DELIVERED
    assert world.shop.event_types(sent).count("OrderDelivered") == 1
    assert "ShipmentMoved" not in world.shop.event_types(sent)


def test_an_exception_is_noted_once(world: World, sent: Placement) -> None:
    assert track(world, "exception_twice", sent) == FINE
    shipment = world.shop.account(sent).shipments[1]
    assert (shipment.state, shipment.note) == (
        ShipmentState.SHIPPED,
        "The address was not found; we try again tomorrow",
    )
    assert world.shop.event_types(sent).count("ShipmentMoved") == 1


@pytest.mark.parametrize("case", ["another_carrier", "no_such_shipment"])
def test_nobody_moves_what_is_not_theirs(world: World, sent: Placement, case: str) -> None:
    assert track(world, case, sent) == FINE, "it would be no better the next time"
    assert world.shop.account(sent).order.status is OrderStatus.SHIPPED
    facts = world.told()
    assert {(fact["kind"], fact["subject"]) for fact in facts} == {("callback_forged", f"order/{sent.order.number}")}
    assert all(fact["who"].startswith("carrier/") for fact in facts)


def test_an_order_that_is_not_there(world: World) -> None:
    assert world.play("track_shipment", "in_transit", order_number="0000000000") == FINE
    assert [fact["kind"] for fact in world.told()] == ["callback_forged"]


def test_poison_fails_alone(world: World, sent: Placement) -> None:
    answer = track(world, "poison_among_others", sent)
    assert [failure["itemIdentifier"][-1] for failure in answer["batchItemFailures"]] == ["2", "3", "4"]
    assert world.shop.account(sent).order.status is OrderStatus.IN_TRANSIT


def test_an_order_that_keeps_changing_is_tried_again(
    world: World, sent: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise CommitBusy

    monkeypatch.setattr(app, "track_parcel", busy)
    with pytest.raises(BatchProcessingError):
        track(world, "in_transit", sent)


def test_one_read_and_one_write(world: World, sent: Placement, calls: Calls) -> None:
    calls.made.clear()
    track(world, "in_transit", sent)
    assert calls.operations == ["dynamodb:Query", "dynamodb:TransactWriteItems"]


def test_the_log_holds_no_words_of_the_carrier(world: World, sent: Placement, log: Log) -> None:
    track(world, "exception_twice", sent)
    assert sent.order.number in log.text
    assert "address was not found" not in log.text
