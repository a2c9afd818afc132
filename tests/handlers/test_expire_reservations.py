"""The sweep that the schedule calls each minute."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commerce.checkout import expire_orders
from commerce.kernel.errors import CommitBusy
from commerce.ordering.store import OrderRow
from commerce.payments.port import Paid, Refused
from tests.handlers.event_files import load
from tests.handlers.world import Context, Log, World
from tests.support.shop import WINDOW


def sweep(world: World, seconds_left: float = 60.0) -> Any:
    return world.call("expire_reservations", load("expire_reservations", "every_minute"), Context(seconds_left))


@pytest.fixture(autouse=True)
def _nothing_is_due(world: World) -> None:
    world.shop.provider.on_look_up = lambda _: Refused("1037", "no_answer")
    world.shop.clock.forward(timedelta(hours=2))
    sweep(world)
    world.shop.provider.on_look_up = None


def test_what_nobody_paid_is_for_sale_again(world: World, log: Log) -> None:
    placed = world.order(stock=2)
    world.shop.clock.forward(timedelta(minutes=14))
    assert sweep(world) == {"seen": 0, "expired": 0, "waiting": 0, "busy": 0}, "not before its time"

    world.shop.provider.on_look_up = lambda _: Refused("1037", "no_answer")
    world.shop.clock.forward(timedelta(minutes=1))
    assert sweep(world) == {"seen": 1, "expired": 1, "waiting": 0, "busy": 0}

    assert world.shop.account(placed).order.status == "expired"
    assert world.shop.stock(placed.order.terms.lines[0].sku)["available"] == 2
    assert sweep(world)["seen"] == 0
    assert "sweep done" in log.text


def test_a_payment_that_came_at_the_last_moment_wins(world: World) -> None:
    placed = world.order()
    world.shop.provider.on_look_up = lambda _: Paid()
    world.shop.clock.forward(timedelta(minutes=15))
    assert sweep(world) == {"seen": 1, "expired": 0, "waiting": 1, "busy": 0}
    assert world.shop.account(placed).order.status == "processing"


def test_a_pending_payment_is_waited_for_but_not_for_ever(world: World) -> None:
    placed = world.order()
    world.shop.clock.forward(timedelta(minutes=15))
    assert sweep(world) == {"seen": 1, "expired": 0, "waiting": 1, "busy": 0}
    world.shop.clock.forward(WINDOW)
    assert sweep(world) == {"seen": 1, "expired": 1, "waiting": 0, "busy": 0}
    assert world.shop.account(placed).attempts[1].live, "money may still come of it"


def test_one_order_that_is_contended_does_not_keep_the_others_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    contended, other = world.order(), world.order()
    real = expire_orders.expire_order

    def busy(desk: Any, number: str) -> bool:
        if number == contended.order.number:
            raise CommitBusy
        return real(desk, number)

    monkeypatch.setattr(expire_orders, "expire_order", busy)
    world.shop.clock.forward(timedelta(minutes=15) + WINDOW)
    assert sweep(world) == {"seen": 2, "expired": 1, "waiting": 0, "busy": 1}
    assert world.shop.account(other).order.status == "expired"

    monkeypatch.undo()
    assert sweep(world)["expired"] == 1, "it stayed due"


def test_one_order_that_is_broken_does_not_keep_the_others_waiting_and_is_seen(world: World) -> None:
    broken, other = world.order(), world.order()
    rows = world.shop.database.bind(OrderRow, "orders")
    row = rows.get(broken.order.number, "ORDER")
    terms = row.terms
    row.update(actions=[rows.terms.set(b"{}")])
    world.shop.clock.forward(timedelta(minutes=15) + WINDOW)

    with pytest.raises(ExceptionGroup) as caught:
        sweep(world)
    assert world.shop.account(other).order.status == "expired"
    assert [error.__notes__ for error in caught.value.exceptions] == [[f"order {broken.order.number}"]]

    row.update(actions=[rows.terms.set(terms)])
    assert sweep(world)["expired"] == 1, "it stayed due"


def test_a_sweep_stops_in_time(world: World) -> None:
    for _ in range(3):
        world.order()
    world.shop.clock.forward(timedelta(minutes=15) + WINDOW)

    def slow(_: object) -> Refused:
        world.shop.clock.forward(timedelta(seconds=25))
        return Refused("1037", "no_answer")

    world.shop.provider.on_look_up = slow
    assert sweep(world, seconds_left=60.0)["seen"] == 2, "20 s are left over for what is begun"
    assert sweep(world, seconds_left=60.0)["seen"] == 1
