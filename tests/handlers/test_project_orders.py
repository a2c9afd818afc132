"""The board's worker: any order's event brings its entry up to date."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from commerce.board.model import BoardEntry
from commerce.board.store import Board
from commerce.checkout.place_order import Placement
from commerce.payments.port import Paid
from tests.handlers.event_files import load
from tests.handlers.world import Calls, Log, World

FINE: dict[str, Any] = {"batchItemFailures": []}


def entry(world: World, placed: Placement) -> BoardEntry:
    found = Board(world.shop.database).get(placed.order.number)
    assert found is not None
    return found


def project(world: World, case: str, placed: Placement) -> Any:
    return world.call("project_orders", load("project_orders", case, order_number=placed.order.number))


def test_an_order_is_put_on_the_board(world: World) -> None:
    placed = world.order()
    assert project(world, "order_placed", placed) == FINE
    shown = entry(world, placed)
    assert (shown.status, shown.total, shown.payment) == ("pending_payment", 180_000, "prompted")
    assert (shown.email, shown.phone) == ("wanjiku@example.com", "+254712345678")
    assert (shown.units, shown.attention) == (1, False)


def test_late_and_repeated_events_leave_the_latest(world: World) -> None:
    placed = world.order()
    assert project(world, "prompted_before_placed", placed) == FINE
    first = entry(world, placed)
    world.shop.provider.on_look_up = lambda _: Paid()
    world.shop.verify(placed)
    assert project(world, "order_placed", placed) == FINE, "an event of long ago"
    assert entry(world, placed) == first, "the board had a newer version than that event's"


def test_an_event_of_something_else_reads_the_version(world: World) -> None:
    placed = world.order()
    project(world, "order_placed", placed)
    world.shop.provider.on_look_up = lambda _: Paid()
    world.shop.verify(placed)
    assert project(world, "review_of_an_order", placed) == FINE
    assert entry(world, placed).status == "processing"


def test_an_event_costs_a_read_and_a_write(world: World, calls: Calls) -> None:
    placed = world.order()
    calls.made.clear()
    project(world, "order_placed", placed)
    assert calls.operations == ["dynamodb:Query", "dynamodb:PutItem"]


def test_poison_fails_alone(world: World, log: Log) -> None:
    placed = world.order()
    answer = project(world, "poison_among_events", placed)
    assert [failure["itemIdentifier"][-2:] for failure in answer["batchItemFailures"]] == ["01", "03"]
    assert entry(world, placed).number == placed.order.number


def test_an_order_that_is_not_there_is_no_success(world: World) -> None:
    with pytest.raises(BatchProcessingError):
        world.play("project_orders", "order_placed", order_number="0000000000")


def test_the_log_names_the_order_and_nobody(world: World, log: Log) -> None:
    placed = world.order()
    project(world, "order_placed", placed)
    assert placed.order.number in log.text
    for private in ("wanjiku", "712345678", "moi avenue"):
        assert private not in log.text.lower()
