"""A world for each module, and a quiet M-Pesa with empty queues for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commerce.runtime import security
from tests.handlers.world import Calls, Log, World, counted_calls, logged, running


@pytest.fixture(scope="module")
def _world(ministack_url: str) -> Iterator[World]:
    with running(ministack_url) as world:
        yield world


@pytest.fixture
def world(_world: World) -> World:
    """Return the module's world; what an earlier test scripted or queued is gone."""
    provider = _world.shop.provider
    provider.on_start = provider.on_look_up = provider.on_refund = None
    for asked in (provider.started, provider.looked_up, provider.refunded, provider.asked):
        asked.clear()
    _world.purge()
    security._told.clear()
    return _world


@pytest.fixture
def calls() -> Iterator[Calls]:
    """Count the requests made to AWS."""
    with counted_calls() as made:
        yield made


@pytest.fixture
def log() -> Iterator[Log]:
    """Collect what is logged."""
    with logged() as lines:
        yield lines
