"""Money that comes for an expired order with a voucher and store credit: each worker's role lets it look and take."""

from __future__ import annotations

from datetime import timedelta

from commerce.ordering.model import OrderStatus
from commerce.payments.port import Paid
from tests.handlers.world import World
from tests.support.vouchers import give_credit, publish, voucher


def test_a_check_settles_it(world: World) -> None:
    world.shop.sell("LATE-1", stock=2)
    publish(world.shop.database, world.shop.clock, voucher("LATE", total_limit=2, shards=2, per_customer_limit=1))
    code = give_credit(world.shop.database, 50_000)
    placed = world.shop.order("late", ("LATE-1", 1), voucher="LATE", credit=code)
    world.shop.clock.forward(timedelta(hours=1))
    world.play("expire_reservations", "every_minute")
    expired = world.shop.account(placed).order
    assert (expired.status, expired.redemption, expired.credit_returned) == (OrderStatus.EXPIRED, None, 50_000)

    world.shop.provider.on_look_up = lambda _: Paid()
    world.play("verify_payment", "order_placed", order_number=placed.order.number)
    order = world.shop.account(placed).order
    assert (order.status, order.credit_returned) == (OrderStatus.PROCESSING, 0)
    assert order.redemption is not None
