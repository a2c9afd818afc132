"""A shop for tests in which nothing runs at once: one engine is enough."""

from __future__ import annotations

import pytest

from sandbox.engines import has_dynoxide
from tests.support import engines
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """Where an engine answers: the quicker one, where it is installed."""
    engine = "dynoxide_url" if has_dynoxide() else "ministack_url"
    address: str = request.getfixturevalue(engine)
    return address


@pytest.fixture
def mpesa() -> Mpesa:
    """Return an M-Pesa of which nothing was asked yet."""
    return Mpesa()


@pytest.fixture
def quick(url: str, mpesa: Mpesa) -> Shop:
    """Return an empty shop on one engine, which takes payments through `mpesa`."""
    return Shop(engines.fresh_database(url), provider=mpesa)
