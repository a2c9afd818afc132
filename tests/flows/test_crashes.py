"""A worker dies before or after any call it makes (case 28): the next run finishes the work or leaves it undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from commerce.checkout.expire_orders import expire_order
from commerce.payments.decision import Verdict
from commerce.payments.refund_payment import refund_payment
from commerce.payments.verify_payment import give_up
from tests.support import engines
from tests.support.interleave import ANY, Crash, Side, interleaving
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import assert_kept, assert_money
from tests.support.shop import RESERVATION, WINDOW, Shop

SKU = "LAP-1"


@dataclass
class World:
    shop: Shop
    mpesa: Mpesa
    number: str = ""

    def account_states(self) -> tuple[str, ...]:
        account = self.shop.till.payments.account(self.number)
        assert account is not None
        states = [attempt.state.value for attempt in account.attempts.values()]
        return (account.order.status.value, *states, *(refund.state.value for refund in account.refunds.values()))


def checkout(world: World) -> None:
    world.number = world.shop.order("key", (SKU, 1)).order.number


def nothing(world: World) -> None:
    """A checkout that has not happened yet."""


def failed(world: World) -> None:
    checkout(world)
    world.shop.verify_number(world.number, 1, world.mpesa.fail(world.number))


def retry(world: World) -> None:
    world.shop.pay_again(world.shop.order("key", (SKU, 1)), "again")


def paid(world: World) -> None:
    checkout(world)
    world.mpesa.pay(world.number)


def callback(world: World) -> None:
    world.shop.verify_number(world.number, 1, world.mpesa.prompts[world.number, 1].claim())


def ended(world: World) -> None:
    checkout(world)
    world.mpesa.fail(world.number)


def unpaid(world: World) -> None:
    checkout(world)
    world.shop.clock.forward(RESERVATION + WINDOW)


def sweep(world: World) -> None:
    expire_order(world.shop.till, world.number)


def expired_and_paid(world: World) -> None:
    unpaid(world)
    sweep(world)
    world.mpesa.pay(world.number)


def expired_sold_and_paid(world: World) -> None:
    unpaid(world)
    sweep(world)
    other = world.shop.order("other", (SKU, 2)).order.number
    world.shop.verify_number(other, 1, world.mpesa.pay(other))
    world.mpesa.pay(world.number)


def refund_due(world: World) -> None:
    expired_sold_and_paid(world)
    callback(world)


def refund(world: World) -> None:
    assert refund_payment(world.shop.till, world.number, 1) is not Verdict.MISSING


def silence(world: World) -> None:
    give_up(world.shop.till, world.number, 1)


@dataclass(frozen=True)
class Story:
    """What has happened, the work whose worker dies, and where everything stands once quiet came."""

    name: str
    given: Callable[[World], None]
    work: Callable[[World], None]
    ends: frozenset[tuple[str, ...]]


def ends(*states: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(state.split()) for state in states)


STORIES = [
    # Nobody pays: prompted or, where the worker died at the push, unknown for ever; the order expires either way.
    Story("place an order", nothing, checkout, ends("expired prompted", "expired unknown")),
    # A retry whose worker died before its commit never happened; the buyer's next try may.
    Story("retry a payment", failed, retry, ends("expired failed prompted", "expired failed unknown")),
    Story("settle", paid, callback, ends("processing succeeded")),
    Story("end an attempt", ended, callback, ends("expired failed")),
    Story("expire", unpaid, sweep, ends("expired prompted")),
    Story("settle late", expired_and_paid, callback, ends("processing succeeded")),
    Story("give late money back", expired_sold_and_paid, callback, ends("expired succeeded succeeded")),
    Story("refund", refund_due, refund, ends("expired succeeded succeeded")),
    Story("give up", checkout, silence, ends("expired prompted")),
]


def begin(url: str, story: Story) -> World:
    mpesa = Mpesa()
    world = World(Shop(engines.fresh_database(url), provider=mpesa), mpesa)
    world.shop.sell(SKU, stock=2)
    story.given(world)
    return world


def calls_in(url: str, story: Story) -> list[str]:
    world = begin(url, story)
    with interleaving(world.shop) as steps:
        story.work(world)
    return steps.calls


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_worker_dies_at_every_call(url: str, story: Story) -> None:
    """Case 28: at each call in turn, before it and after it; then the same request or message comes again."""
    calls = calls_in(url, story)
    assert any(call == "TransactWriteItems" for call in calls)
    # A dead worker leaves only what its calls did: to die after one call is to die before the next.
    places: list[tuple[Side, int]] = [("before", 1), *(("after", place) for place in range(1, len(calls) + 1))]
    for side, place in places:
        world = begin(url, story)
        with interleaving(world.shop) as steps, pytest.raises(Crash):
            steps.crash(side, ANY, nth=place)
            story.work(world)
        where = f"{story.name}, {side} call {place} of {calls}"
        assert_kept(world.shop)
        assert_money(world.shop, world.mpesa, settled=False)
        story.work(world)
        postman = Postman(world.shop, world.mpesa)
        postman.settle_down()
        assert_kept(world.shop)
        assert_money(world.shop, world.mpesa, settled=True)
        assert postman.dead_letters == [], where
        assert world.account_states() in story.ends, (where, world.account_states())
        again = len(world.mpesa.started)
        world.shop.order("key", (SKU, 1))
        assert len(world.mpesa.started) == again, where


@pytest.mark.parametrize("story", [STORIES[0], STORIES[2], STORIES[4]], ids=lambda story: story.name)
def test_answer_of_every_call_is_lost(url: str, story: Story) -> None:
    """Case 7: the call took effect but its answer never came; the worker fails, and the same comes again."""
    calls = calls_in(url, story)
    for place in (number for number, call in enumerate(calls, start=1) if call == "TransactWriteItems"):
        world = begin(url, story)
        with interleaving(world.shop) as steps, pytest.raises(Exception, match="transaction"):
            steps.lose_answer(ANY, nth=place)
            story.work(world)
        assert_kept(world.shop)
        story.work(world)
        Postman(world.shop, world.mpesa).settle_down()
        assert_kept(world.shop)
        assert_money(world.shop, world.mpesa, settled=True)
        assert world.account_states() in story.ends
