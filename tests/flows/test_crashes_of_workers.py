"""The payment queues' workers fail between two calls of their own: the message comes again, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.ordering.model import OrderStatus
from commerce.payments.messages import CheckMessage, StatementMessage
from commerce.payments.model import AttemptState
from commerce.payments.port import Refused
from commerce.runtime import queues
from tests.handlers.world import World, running
from tests.support.card import charge_id
from tests.support.interleave import interleaving
from tests.support.promises import assert_kept
from tests.support.stories import CARD


@pytest.fixture(scope="module")
def world(ministack_url: str) -> Iterator[World]:
    with running(ministack_url) as made:
        made.shop.sell("LAP-1", stock=50)
        yield made


@pytest.fixture
def placed(world: World, request: pytest.FixtureRequest) -> Iterator[Placement]:
    """An order by card, not paid yet; whatever is queued or down afterwards is gone."""
    world.purge()
    yield world.shop.order(request.node.name, ("LAP-1", 1), **CARD)
    world.shop.card.answers = "ok"


def deliver(world: World, function: str, *bodies: str) -> list[str]:
    """Have a worker handle messages; return those that it leaves on the queue."""
    records = [
        {
            "messageId": f"{place}",
            "receiptHandle": f"handle-{place}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:af-south-1:123456789012:queue",
            "awsRegion": "af-south-1",
        }
        for place, body in enumerate(bodies)
    ]
    # A batch of which nothing succeeds fails as a whole.
    try:
        answer = world.call(function, {"Records": records})
    except Exception:
        return list(bodies)
    return [bodies[int(failed["itemIdentifier"])] for failed in answer["batchItemFailures"]]


def news(placed: Placement, event: str) -> str:
    return CheckMessage(placed.order.number, 1, event_id=f"evt_{event}_{placed.order.number}").to_json()


def books(placed: Placement, event: str) -> str:
    return StatementMessage("card", receipt(placed), f"evt_{event}_{placed.order.number}").to_json()


def receipt(placed: Placement) -> str:
    return charge_id(placed.attempt.id)


def queue_is_out_of_reach(*_: Any, **__: Any) -> None:
    raise ConnectionError("SQS does not answer")


def follow_ups(world: World, queue: str) -> list[str]:
    """Return what a worker sent to a queue; delays pass at once."""
    taken: list[str] = world.receive(queue)
    return taken


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays of messages pass at once."""
    send = queues._send
    monkeypatch.setattr(queues, "_send", lambda url, body, _: send(url, body, 0))


@pytest.mark.usefixtures("at_once")
def test_a_look_that_could_not_be_queued_is_not_forgotten(
    world: World, placed: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases 26 and 28: the provider is down when it tells of late money, and the next look cannot be queued either.

    No scheduled check is left that could find the money: the order expired while the bank was at work.
    """
    world.shop.card.intents[placed.attempt.id].status = "processing"
    assert world.shop.expire(placed)
    world.shop.card.pay(placed.attempt.id)
    world.shop.card.answers = "down"
    message = news(placed, "paid")
    with monkeypatch.context() as patch:
        patch.setattr(queues, "_send", queue_is_out_of_reach)
        assert deliver(world, "verify_payment", message) == [message]
    deliver(world, "verify_payment", message)
    world.shop.card.answers = "ok"
    deliver(world, "verify_payment", *follow_ups(world, "verify"))
    assert world.shop.account(placed).order.status is OrderStatus.PROCESSING
    assert_kept(world.shop)


@pytest.mark.usefixtures("at_once")
def test_a_hint_of_money_outlives_a_provider_that_is_down(world: World, placed: Placement) -> None:
    """Case 26: money of an attempt that failed is looked for until the provider answers, not only once."""
    card = world.shop.card
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card, "look_up", lambda _: Refused("429", "provider_unavailable"))
        world.shop.verify(placed)
    assert world.shop.account(placed).attempts[1].state is AttemptState.FAILED
    card.pay(placed.attempt.id)
    card.answers = "down"
    deliver(world, "verify_payment", news(placed, "late"))
    card.answers = "ok"
    deliver(world, "verify_payment", *follow_ups(world, "verify"))
    assert world.shop.account(placed).attempts[1].state is AttemptState.SUCCEEDED
    assert_kept(world.shop)


@pytest.mark.usefixtures("at_once")
def test_a_refund_that_is_heard_of_before_its_payment(world: World, placed: Placement) -> None:
    """Case 10 the other way round: given back in Stripe's pages before the shop has booked the money at all."""
    world.shop.card.pay(placed.attempt.id)
    world.shop.card.give_back_outside(receipt(placed), 180_000)
    early = books(placed, "refunded")
    left = deliver(world, "refund_payment", early)
    deliver(world, "verify_payment", news(placed, "paid"))
    deliver(world, "refund_payment", *left, *follow_ups(world, "refund"))
    account = world.shop.account(placed)
    assert [(refund.why, refund.amount) for refund in account.refunds.values()] == [("outside", 180_000)]
    assert_kept(world.shop)


@pytest.mark.usefixtures("at_once")
def test_books_that_could_not_be_read_are_read_later(
    world: World, placed: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases 26 and 28: the same for a refund: down when it is heard of, and the next try cannot be queued."""
    world.shop.card.pay(placed.attempt.id)
    deliver(world, "verify_payment", news(placed, "paid"))
    world.shop.card.give_back_outside(receipt(placed), 50_000)
    world.shop.card.answers = "down"
    message = books(placed, "refunded")
    with monkeypatch.context() as patch:
        patch.setattr(queues, "_send", queue_is_out_of_reach)
        assert deliver(world, "refund_payment", message) == [message]
    assert deliver(world, "refund_payment", message) == []
    world.shop.card.answers = "ok"
    deliver(world, "refund_payment", *follow_ups(world, "refund"))
    assert [refund.amount for refund in world.shop.account(placed).refunds.values()] == [50_000]
    assert_kept(world.shop)


def test_one_event_in_three_deliveries_asks_the_provider_once(world: World, placed: Placement) -> None:
    """Cases 9 and 10: what is handled is let go; a declined card ends nothing, and the money after it counts once."""
    for event, confirmed in (("declined", 0), ("paid", 1)):
        message = news(placed, event)
        with interleaving(world.shop) as steps:
            assert deliver(world, "verify_payment", message, message, message) == []
        assert steps.calls.count("look_up") == 1
        assert world.shop.event_types(placed).count("PaymentConfirmed") == confirmed
        if not confirmed:
            world.shop.card.pay(placed.attempt.id)
    assert_kept(world.shop)
