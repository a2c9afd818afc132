"""Tables that throttle: who asks is told to come again, not that something is broken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.event_files import load
from tests.handlers.world import World, body_of, problem_of
from tests.support.interleave import READ, interleaving

SKU = "LAP-T480-16-512"
THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")


@pytest.fixture(scope="module", autouse=True)
def _goods(_world: World) -> None:
    _world.shop.sell(SKU, stock=50, buckets=2)
    _world.shop.sell("LAP-XPS13-8-256", stock=50)


def unprocessed(world: World) -> dict[str, Any]:
    """An answer that leaves a SKU unread."""
    key = {"pk": {"S": f"SKU#{SKU}"}, "sk": {"S": "SKU"}}
    table = world.shop.database._names["catalog"]
    return {"Responses": {}, "UnprocessedKeys": {table: {"Keys": [key], "ConsistentRead": True}}}


@pytest.mark.parametrize("code", THROTTLED)
def test_a_checkout_whose_read_is_throttled(world: World, code: str) -> None:
    with interleaving(world.shop) as steps:
        steps.refuse(code, name=READ)
        answer = world.play("start_checkout", "place_order")
    problem_of(answer, 503, "busy")
    assert answer["headers"]["Retry-After"] == "1"
    assert world.shop.provider.started == []


def test_a_checkout_whose_keys_stay_unread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.shop.database, "_pause", lambda seconds: None)
    with interleaving(world.shop) as steps:
        steps.answer(unprocessed(world), name=READ, nth=None)
        answer = world.play("start_checkout", "place_order")
    problem_of(answer, 503, "busy")
    assert world.shop.provider.started == []


def test_a_status_page_whose_limit_cannot_be_counted(world: World) -> None:
    placed = world.order()
    with interleaving(world.shop) as steps:
        steps.refuse(THROTTLED[0], name="UpdateItem")
        answer = world.play("show_order", "by_number_and_email", order_number=placed.order.number)
    problem_of(answer, 503, "busy")


def test_a_shelf_that_cannot_be_read(world: World) -> None:
    """The same of the functions with many routes."""
    event = load("browse_catalog", "products")
    with interleaving(world.shop) as steps:
        steps.refuse(THROTTLED[0], name="Query", nth=None)
        answer = world.call("browse_catalog", event)
    assert (answer["statusCode"], body_of(answer)["type"]) == (503, "urn:salama:problem:busy")
    assert answer["headers"]["retry-after"] == "1"


def test_what_else_goes_wrong_is_a_fault(world: World) -> None:
    with interleaving(world.shop) as steps:
        steps.refuse("ValidationException", name=READ)
        answer = world.play("start_checkout", "place_order")
    problem_of(answer, 500, "internal-error")
