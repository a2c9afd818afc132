"""A shop on each of the two engines, with an M-Pesa that keeps the truth."""

from __future__ import annotations

import pytest

from commerce.kernel.tables import Database
from tests.support.mpesa import Mpesa
from tests.support.shop import Shop


@pytest.fixture
def mpesa() -> Mpesa:
    """Return an M-Pesa of which nothing was asked yet."""
    return Mpesa()


@pytest.fixture
def shop(database: Database, mpesa: Mpesa) -> Shop:
    """Return an empty shop, on each of the two engines in turn, which takes payments through `mpesa`."""
    return Shop(database, provider=mpesa)
