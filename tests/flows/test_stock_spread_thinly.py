"""Units that lie in more stock buckets than one transaction can take from."""

from __future__ import annotations

import pytest

from commerce.checkout.place_order import TooScattered
from tests.support.shop import Shop


def test_an_order_takes_as_many_buckets_as_fit_one_commit(quick: Shop) -> None:
    quick.sell("THIN-1", stock=60, buckets=60)

    placed = quick.order("key", ("THIN-1", 60))

    assert len(placed.order.holds["THIN-1"]) == 60
    assert quick.stock("THIN-1") == {"available": 0, "reserved": 60, "sold": 0, "received": 60}


def test_an_order_over_more_buckets_is_refused_before_anything_is_written(quick: Shop) -> None:
    quick.sell("THIN-1", stock=60, buckets=60)
    quick.sell("THIN-2", stock=60, buckets=60)

    with pytest.raises(TooScattered):
        quick.order("key", ("THIN-1", 50), ("THIN-2", 50))

    assert quick.stock("THIN-1")["available"] == quick.stock("THIN-2")["available"] == 60
    assert quick.order("key", ("THIN-1", 40), ("THIN-2", 40)).replayed is False
