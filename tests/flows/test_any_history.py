"""Any history of buyers, callbacks, sweeps and refunds keeps the promises, after each step and in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commerce.checkout.expire_orders import expire_orders
from commerce.checkout.place_order import Placement
from commerce.checkout.retry_payment import OrderNotPayable, PaymentInProgress, PaymentTooSoon
from commerce.checkout.views import placed_view, tracking_view
from commerce.inventory.receive_stock import receive_stock
from commerce.inventory.store import OutOfStock
from commerce.kernel.errors import KeyReused
from commerce.payments.port import PaymentClaim, References, RefundDone, RefundImpossible, RefundUnknown
from commerce.payments.refund_payment import note_refund, refund_payment
from commerce.payments.verify_payment import give_up
from tests.support import engines
from tests.support.mpesa import Mpesa
from tests.support.postman import Postman
from tests.support.promises import accounts, assert_kept, assert_money
from tests.support.shop import Shop

BASKETS = [(("ONE", 1),), (("ONE", 2),), (("TWO", 1),), (("TWO", 3),), (("ONE", 1), ("TWO", 1))]
CODES = st.sampled_from(["1", "17", "1019", "1032", "1037", "2001", "4999", "9999", "BW-JMS-100039"])
PICK = st.integers(min_value=0, max_value=99)


class Histories(RuleBasedStateMachine):
    """A shop of two SKUs, one of them in two buckets, and everything that can happen to its orders."""

    url = ""

    @initialize()
    def open_shop(self) -> None:
        self.mpesa = Mpesa()
        self.shop = Shop(engines.fresh_database(self.url), provider=self.mpesa)
        self.shop.sell("ONE", stock=2)
        self.shop.sell("TWO", stock=5, buckets=2)
        self.placed: dict[str, tuple[int, Placement]] = {}
        self.answers: dict[str, str] = {}
        self.deliveries = 0

    @rule(key=st.integers(0, 5), basket=st.integers(0, len(BASKETS) - 1), answer=st.sampled_from(["ok", "ok", "lost"]))
    def check_out(self, key: int, basket: int, answer: str) -> None:
        self.mpesa.push_answers = answer
        name = f"key {key}"
        known = self.placed.get(name)
        try:
            placed = self.shop.order(name, *BASKETS[basket])
        except OutOfStock as refused:
            assert known is None
            wanted = dict(BASKETS[basket])[refused.sku]
            assert self.shop.stock(refused.sku)["available"] == refused.available < wanted
            return
        except KeyReused:
            assert known is not None
            assert known[0] != basket
            return
        body = placed_view(placed.order, placed.attempt).model_dump_json()
        assert placed.replayed == (known is not None)
        assert known is None or known[0] == basket
        assert self.answers.setdefault(name, body) == body, "a replay answers what the first answer was"
        self.placed.setdefault(name, (basket, placed))

    @precondition(lambda self: self.placed)
    @rule(pick=PICK, key=st.integers(0, 2), answer=st.sampled_from(["ok", "lost", "refused"]))
    def pay_again(self, pick: int, key: int, answer: str) -> None:
        self.mpesa.push_answers = answer
        placed = self.order_at(pick)
        before = tracking_view(self.shop.account(placed), self.shop.clock.now()).payment
        try:
            again = self.shop.pay_again(placed, f"again {key}")
        except (PaymentInProgress, OrderNotPayable, PaymentTooSoon):
            assert not before.retry_allowed or before.retry_after
            return
        assert again.replayed or before.retry_allowed, "the page says what the API does"

    @precondition(lambda self: self.mpesa.prompts)
    @rule(pick=PICK, delivered=st.booleans())
    def buyer_pays(self, pick: int, delivered: bool) -> None:
        prompt = self.prompt_at(pick)
        claim = self.mpesa.pay(*prompt)
        if delivered:
            self.shop.verify_number(*prompt, claim)

    @precondition(lambda self: self.mpesa.prompts)
    @rule(pick=PICK, code=CODES)
    def prompt_ends_without_money(self, pick: int, code: str) -> None:
        prompt = self.prompt_at(pick)
        if self.mpesa.prompts[prompt].captured is None:
            self.mpesa.fail(*prompt, code=code)

    @precondition(lambda self: self.mpesa.prompts)
    @rule(pick=PICK, code=CODES, truth=st.booleans(), times=st.integers(1, 3))
    def callback(self, pick: int, code: str, truth: bool, times: int) -> None:
        prompt = self.mpesa.prompts[self.prompt_at(pick)]
        claim = prompt.claim() if truth else PaymentClaim(prompt.references, code)
        for _ in range(times):
            self.shop.verify_number(prompt.order_number, prompt.attempt, claim)

    @precondition(lambda self: len(self.mpesa.prompts) > 1)
    @rule(pick=PICK, other=PICK)
    def forged_success(self, pick: int, other: int) -> None:
        """A claim of success with a made-up request, or another order's receipt."""
        prompt = self.mpesa.prompts[self.prompt_at(pick)]
        receipt = self.mpesa.prompts[self.prompt_at(other)].receipt
        names = prompt.references if pick % 2 else References("m-x", "ws_CO_x")
        if receipt != prompt.receipt:
            self.shop.verify_number(
                prompt.order_number, prompt.attempt, PaymentClaim(names, "0", receipt, prompt.amount)
            )

    @precondition(lambda self: self.placed)
    @rule(pick=PICK, attempt=st.integers(1, 3))
    def check(self, pick: int, attempt: int) -> None:
        self.shop.verify(self.order_at(pick), attempt)

    @precondition(lambda self: self.placed)
    @rule(pick=PICK)
    def last_check_passes(self, pick: int) -> None:
        give_up(self.shop.till, self.order_at(pick).order.number, 1)

    @rule(minutes=st.sampled_from([1, 3, 10, 20]))
    def time_passes(self, minutes: int) -> None:
        self.shop.clock.forward(timedelta(minutes=minutes))

    @rule()
    def sweep(self) -> None:
        expire_orders(self.shop.till, seconds=60)

    @rule(sku=st.sampled_from(["ONE", "TWO"]), repeated=st.booleans())
    def goods_come_in(self, sku: str, repeated: bool) -> None:
        self.deliveries += not repeated
        receive_stock(
            self.shop.database,
            self.shop.clock,
            sku=sku,
            quantity=1,
            buckets=1 if sku == "ONE" else 2,
            delivery=f"delivery {self.deliveries}",
        )

    @rule(pick=PICK, outcome=st.sampled_from([None, RefundDone("RB"), RefundUnknown("?"), RefundImpossible("1", "no")]))
    def work_on_a_refund(self, pick: int, outcome: RefundDone | RefundImpossible | RefundUnknown | None) -> None:
        refunds = [refund for account in accounts(self.shop) for refund in account.refunds.values()]
        if not refunds:
            return
        refund = refunds[pick % len(refunds)]
        if outcome is None:
            refund_payment(self.shop.till, refund.order_number, refund.number)
        else:
            note_refund(self.shop.till, refund.order_number, refund.number, outcome)

    @invariant()
    def promises_are_kept(self) -> None:
        assert_kept(self.shop)
        assert_money(self.shop, self.mpesa, settled=False)

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        for number, attempt in list(self.mpesa.prompts):
            self.shop.verify_number(number, attempt, self.mpesa.prompts[number, attempt].claim())
        postman = Postman(self.shop, self.mpesa)
        postman.settle_down()
        assert postman.dead_letters == []
        for account in assert_kept(self.shop):
            note(f"{account.order.number}: {account.order.status} {[entry.type for entry in account.order.timeline]}")
            assert account.order.due_at is None, "nothing waits for ever"
        assert_money(self.shop, self.mpesa, settled=True)

    def order_at(self, pick: int) -> Placement:
        return list(self.placed.values())[pick % len(self.placed)][1]

    def prompt_at(self, pick: int) -> tuple[str, int]:
        return list(self.mpesa.prompts)[pick % len(self.mpesa.prompts)]


@pytest.fixture
def histories(url: str) -> Iterator[type[Histories]]:
    Histories.url = url
    yield Histories


def test_any_history(histories: type[Histories]) -> None:
    """Promises 1, 3, 4 and 5 under random orders of everything; hypothesis prints the history that breaks one."""
    run_state_machine_as_test(
        histories,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
