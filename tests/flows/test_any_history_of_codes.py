"""Any history of orders with vouchers and store credit: uses and balances add up after each step, and in the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from commerce.checkout.views import placed_view
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import KeyReused
from commerce.promotions.credit_store import CreditRefused
from commerce.promotions.model import Voucher, VoucherRefused
from tests.flows.test_any_history import BASKETS, Histories
from tests.support.vouchers import give_credit, publish, voucher

BUYERS: list[dict[str, str]] = [
    {"name": "Wanjiku", "email": "wanjiku@example.com", "phone": "0712345678"},
    {"name": "Wanjiku's alias", "email": "Wanjiku+2@example.com", "phone": "0712345679"},
    {"name": "Otieno", "email": "otieno@example.com", "phone": "0712345679"},
]
#: What each code promises at first; limits are changed on the way.
PROMISES = [
    voucher("ONE-USE", percent=15, total_limit=1),
    voucher("SPREAD", "fixed", amounts={"KES": 40_000}, total_limit=3, shards=3),
    voucher("ONCE", "free_shipping", per_customer_limit=1),
    voucher("FIRST", percent=100, first_order_only=True),
]


class HistoriesOfCodes(Histories):
    """The same shop, in which orders name codes that there are few uses of, and credit that is soon spent."""

    url = ""

    @initialize()
    def open_shop(self) -> None:
        super().open_shop()
        self.limits: dict[str, Voucher] = {}
        for promised in PROMISES:
            publish(self.shop.database, self.shop.clock, promised)
        self.credits = [give_credit(self.shop.database, amount, of=f"{amount}") for amount in (70_045, 400_000)]

    @rule(
        key=st.integers(0, 7),
        basket=st.integers(0, len(BASKETS) - 1),
        buyer=st.integers(0, len(BUYERS) - 1),
        code=st.sampled_from([None, "NEVER", *(promised.code for promised in PROMISES)]),
        credit=st.sampled_from([None, None, 0, 1]),
        answer=st.sampled_from(["ok", "ok", "lost"]),
    )
    def check_out(
        self,
        key: int,
        basket: int,
        buyer: int = 0,
        code: str | None = None,
        credit: int | None = None,
        answer: str = "",
    ) -> None:
        self.mpesa.push_answers = answer
        name, asked = f"key {key}", hash((basket, buyer, code, credit))
        known = self.placed.get(name)
        more: dict[str, Any] = {"customer": BUYERS[buyer], "voucher": code}
        more["credit"] = None if credit is None else self.credits[credit]
        try:
            placed = self.shop.order(name, *BASKETS[basket], **more)
        except (OutOfStock, VoucherRefused, CreditRefused):
            assert known is None, "what is placed is replayed, whatever is used up since"
            return
        except KeyReused:
            assert known is not None
            assert known[0] != asked
            return
        body = placed_view(placed.order, placed.attempt).model_dump_json()
        assert placed.replayed == (known is not None)
        assert self.answers.setdefault(name, body) == body, "a replay answers what the first answer was"
        self.placed.setdefault(name, (asked, placed))

    @rule(which=st.sampled_from([0, 1]), more=st.integers(0, 3), shards=st.integers(0, 2))
    def staff_raise_a_limit(self, which: int, more: int, shards: int) -> None:
        """Limits only grow here, so that what is used stays within them at every moment."""
        promised = PROMISES[which]
        stored = self.limits.get(promised.code, promised)
        assert stored.total_limit is not None
        changed = stored.model_copy(
            update={"total_limit": stored.total_limit + more, "shards": max(stored.shards, shards)}
        )
        publish(self.shop.database, self.shop.clock, changed)
        self.limits[promised.code] = changed


@pytest.fixture
def histories_of_codes(url: str) -> Iterator[type[HistoriesOfCodes]]:
    HistoriesOfCodes.url = url
    yield HistoriesOfCodes


def test_any_history_of_codes(histories_of_codes: type[HistoriesOfCodes]) -> None:
    """Promise 2 beside 1, 3, 4 and 5 under random orders of everything; hypothesis prints the one that breaks them."""
    run_state_machine_as_test(
        histories_of_codes,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
