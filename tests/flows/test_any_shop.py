"""Any history of the complete shop keeps the promises: two ways to pay, vouchers, credit, refunds, parcels, returns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

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
from commerce.checkout.views import placed_view
from commerce.fulfilment.advance_shipment import move_shipment
from commerce.fulfilment.cancel_order import cancel_order
from commerce.fulfilment.ship_order import Parcel, ship_order
from commerce.kernel.errors import Conflict, InvalidRequest, KeyReused, NotFound
from commerce.ordering.model import OrderStatus
from commerce.ordering.returns import ReceivedLine, Return, ReturnState
from commerce.payments.decision import Verdict
from commerce.payments.model import AttemptState, Refund, RefundState
from commerce.payments.port import DisputeEntry, RefundDone, RefundImpossible
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_lines import RefundWish
from commerce.payments.refund_payment import note_refund, refund_payment
from commerce.payments.request_refund import refund_order
from commerce.payments.restart_refund import restart_refund, settle_by_hand
from commerce.payments.store import Account
from commerce.payments.verify_payment import verify_payment
from commerce.returns.decide_return import decide_return
from commerce.returns.receive_return import receive_return
from commerce.returns.request_return import request_return
from commerce.returns.requests import ReturnRequest
from tests.support import engines
from tests.support.mpesa import Mpesa
from tests.support.promises import accounts, assert_kept
from tests.support.shop import Shop
from tests.support.vouchers import publish, voucher

PICK = st.integers(0, 99)
BASKETS = [(("ONE", 1),), (("ONE", 2),), (("TWO", 3),), (("ONE", 1), ("TWO", 1))]
CODES = st.sampled_from([None, None, "TENTH", "ONCE", "FIRST", "HOME"])
METHODS = st.sampled_from(["mpesa", "card"])
WISHES: list[dict[str, Any]] = [
    {}, {"amount": 10_000}, {"amount": 100_000}, {"items": {"ONE": 1}}, {"items": {"TWO": 1}}, {"shipping": True},
]  # fmt: skip
BUYERS = ["wanjiku@example.com", "otieno@example.com"]
#: What staff and buyers are refused, and nothing is written for.
REFUSED = (Conflict, InvalidRequest, NotFound, KeyReused)
PAID = (OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.IN_TRANSIT, OrderStatus.DELIVERED)
SENT = PAID[1:]
STAFF: dict[str, Any] = {"by": "staff-1", "reason": "a reason"}


class Shops(RuleBasedStateMachine):
    """A shop with two SKUs and four codes, and everything that buyers, staff, providers and time can do to it."""

    url = ""

    @initialize(first=st.lists(st.tuples(st.integers(0, 3), METHODS, CODES), min_size=3, max_size=5))
    def open_shop(self, first: list[tuple[int, str, str | None]]) -> None:
        self.mpesa = Mpesa()
        self.shop = Shop(engines.fresh_database(self.url), provider=self.mpesa)
        self.shop.sell("ONE", stock=9)
        self.shop.sell("TWO", stock=12, buckets=2)
        self.announce("TENTH", "percent", percent=10, total_limit=3, shards=2)
        self.announce("ONCE", "percent", percent=100, total_limit=2, per_customer_limit=1)
        self.announce("FIRST", "fixed", amounts={"KES": 50_000, "USD": 500}, first_order_only=True)
        self.announce("HOME", "free_shipping", total_limit=1)
        self.placed: dict[str, Placement] = {}
        self.answers: dict[str, str] = {}
        self.asked = 0
        for key, (basket, method, code) in enumerate(first):
            self.buy(8 + key, basket, method, code, key)

    def announce(self, code: str, kind: str, **more: Any) -> None:
        publish(self.shop.database, self.shop.clock, voucher(code, kind, **more))

    # --- buyers -----------------------------------------------------------------------------------------------------

    @rule(
        key=st.integers(0, 7),
        basket=st.integers(0, len(BASKETS) - 1),
        method=METHODS,
        code=CODES,
        buyer=st.sampled_from(BUYERS),
        credit=PICK,
        answer=st.sampled_from(["ok", "ok", "lost"]),
    )
    def check_out(
        self, key: int, basket: int, method: str, code: str | None, buyer: str, credit: int, answer: str
    ) -> None:
        self.mpesa.push_answers = self.shop.card.answers = answer
        name = f"key {key}"
        changes: dict[str, Any] = {
            "payment": {"method": method, **({"phone": "0712345678"} if method == "mpesa" else {})},
            "customer": {"name": "A Buyer", "email": buyer, "phone": f"07123456{BUYERS.index(buyer)}8"},
        }
        changes |= {"voucher": code} if code else {}
        codes = self.credit_codes()
        changes |= {"credit": codes[credit % len(codes)]} if codes and credit % 2 else {}
        try:
            placed = self.shop.order(name, *BASKETS[basket], **changes)
        except REFUSED:
            self.shop.card.answers = "ok"
            return
        self.shop.card.answers = "ok"
        body = placed_view(placed.order, placed.attempt).model_dump_json()
        if placed.attempt.state is not AttemptState.UNKNOWN and placed.attempt.answered is not AttemptState.UNKNOWN:
            assert self.answers.setdefault(name, body) == body, "a replay answers what the first answer was"
        self.placed.setdefault(name, placed)

    @rule(key=st.integers(8, 14), basket=st.integers(0, 3), method=METHODS, code=CODES, credit=PICK)
    def buy(self, key: int, basket: int, method: str, code: str | None, credit: int) -> None:
        """Order and pay at once: what most buyers do, and what all that comes after the payment needs."""
        known = len(self.placed)
        self.check_out(key, basket, method, code, BUYERS[key % 2], credit, "ok")
        if len(self.placed) == known:
            return
        placed = self.placed[f"key {key}"]
        if placed.attempt.method == "card":
            self.shop.card.pay(placed.attempt.id)
            verify_payment(self.shop.till, placed.order.number, 1, hinted=True)
        elif placed.attempt.method == "mpesa":
            self.shop.verify(placed, claim=self.mpesa.pay(placed.order.number))

    @precondition(lambda self: self.placed)
    @rule(pick=PICK, key=st.integers(0, 2), method=METHODS)
    def pay_again(self, pick: int, key: int, method: str) -> None:
        self.mpesa.push_answers = "ok"
        try:
            self.shop.pay_again(self.order_at(pick), f"again {key}", method=method)
        except REFUSED:
            return

    @precondition(lambda self: self.shop.card.intents)
    @rule(pick=PICK, status=st.sampled_from(["succeeded", "processing"]), heard=st.booleans())
    def card(self, pick: int, status: Any, heard: bool) -> None:
        name = list(self.shop.card.intents)[pick % len(self.shop.card.intents)]
        intent = self.shop.card.intents[name]
        if intent.status in ("waiting", "processing"):
            if status == "succeeded":
                self.shop.card.pay(name)
            else:
                intent.status = status
        if heard:
            verify_payment(self.shop.till, intent.request.order_number, intent.request.attempt, hinted=True)

    @precondition(lambda self: self.mpesa.prompts)
    @rule(pick=PICK, paid=st.booleans(), heard=st.booleans())
    def phone(self, pick: int, paid: bool, heard: bool) -> None:
        name = list(self.mpesa.prompts)[pick % len(self.mpesa.prompts)]
        prompt = self.mpesa.prompts[name]
        if paid:
            self.mpesa.pay(*name)
        elif prompt.captured is None:
            self.mpesa.fail(*name)
        if heard:
            self.shop.verify_number(*name, prompt.claim())

    @precondition(lambda self: self.placed)
    @rule(
        pick=PICK,
        sku=st.sampled_from(["ONE", "TWO"]),
        quantity=st.integers(1, 2),
        resolution=st.sampled_from(["refund", "credit"]),
    )
    def ask_return(self, pick: int, sku: str, quantity: int, resolution: str) -> None:
        order = self.order_at(pick, *SENT).order
        request = ReturnRequest.model_validate(
            {
                "email": order.terms.customer.email,
                "items": [{"sku": sku, "quantity": quantity}],
                "reason": "damaged",
                "resolution": resolution,
            }
        )
        self.asked += 1
        self.quietly(
            lambda: request_return(self.shop.till, order.number, request, f"return {self.asked}", timedelta(days=14))
        )

    # --- staff ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.placed)
    @rule(
        pick=PICK,
        wish=st.sampled_from(
            [
                {},
                {"amount": 10_000},
                {"amount": 100_000},
                {"items": {"ONE": 1}},
                {"items": {"TWO": 1}},
                {"shipping": True},
            ]
        ),
        destination=st.sampled_from(["original", "credit"]),
        key=st.integers(0, 3),
    )
    def refund(self, pick: int, wish: dict[str, Any], destination: Any, key: int) -> None:
        number = self.order_at(pick, *PAID).order.number
        asked = RefundWish(destination=destination, **wish)
        self.quietly(lambda: refund_order(self.shop.till, number, asked, key=f"refund {key}", **STAFF))

    @precondition(lambda self: self.placed)
    @rule(pick=PICK, items=st.sampled_from([None, {"ONE": 1}, {"TWO": 1}]), key=st.integers(0, 3))
    def ship(self, pick: int, items: dict[str, int] | None, key: int) -> None:
        number = self.order_at(pick, OrderStatus.PROCESSING).order.number
        parcel = Parcel("local", f"L{key}", items)
        self.quietly(lambda: ship_order(self.shop.till, number, parcel, by="staff-1", key=f"parcel {key}"))

    @precondition(lambda self: self.placed)
    @rule(pick=PICK, shipment=st.integers(1, 2), status=st.sampled_from(["in_transit", "delivered", "exception"]))
    def move(self, pick: int, shipment: int, status: Any) -> None:
        number = self.order_at(pick, OrderStatus.SHIPPED, OrderStatus.IN_TRANSIT).order.number
        self.quietly(lambda: move_shipment(self.shop.till, number, shipment, status, **STAFF))

    @precondition(lambda self: self.placed)
    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        number = self.order_at(pick).order.number
        self.quietly(lambda: cancel_order(self.shop.till, number, **STAFF))

    @rule(pick=PICK, decision=st.sampled_from(["approve", "approve", "reject"]))
    def decide(self, pick: int, decision: Any) -> None:
        if found := self.returned_at(pick, ReturnState.REQUESTED):
            number, asked = found
            self.quietly(lambda: decide_return(self.shop.till, number, asked.number, decision, **STAFF))

    @rule(pick=PICK, fate=st.sampled_from(["restock", "write_off"]), twice=st.booleans())
    def receive(self, pick: int, fate: Any, twice: bool) -> None:
        if found := self.returned_at(pick, ReturnState.APPROVED):
            number, asked = found
            lines = [ReceivedLine(sku=sku, quantity=quantity, fate=fate) for sku, quantity in asked.lines.items()]
            for _ in range(1 + twice):
                self.quietly(lambda: receive_return(self.shop.till, number, asked.number, lines, **STAFF))

    @rule(pick=PICK, by_hand=st.booleans())
    def look_after_a_failed_refund(self, pick: int, by_hand: bool) -> None:
        failed = [refund for refund in self.refunds() if refund.state is RefundState.FAILED]
        if not failed:
            return
        number, place = failed[pick % len(failed)].order_number, failed[pick % len(failed)].number
        if by_hand:
            self.quietly(lambda: settle_by_hand(self.shop.till, number, place, receipt="BANK-1", **STAFF))
        else:
            self.quietly(lambda: restart_refund(self.shop.till, number, place, **STAFF))

    # --- providers, time --------------------------------------------------------------------------------------------

    @rule(pick=PICK, state=st.sampled_from(["pending", "succeeded", "failed"]))
    def work_on_a_refund(self, pick: int, state: Any) -> None:
        refunds = [refund for refund in self.refunds() if refund.open]
        if not refunds:
            return
        refund = refunds[pick % len(refunds)]
        self.shop.card.refund_state = state
        if refund_payment(self.shop.till, refund.order_number, refund.number) is Verdict.PENDING:
            if state == "succeeded":
                note_refund(self.shop.till, refund.order_number, refund.number, RefundDone("RB"))
            elif state == "failed":
                about = frozenset({refund.reference})
                note_refund(self.shop.till, refund.order_number, refund.number, RefundImpossible("1", "no", about))

    @rule(pick=PICK, what=st.sampled_from(["refund", "open", "won", "lost", "read"]))
    def at_the_provider(self, pick: int, what: Any) -> None:
        """Somebody refunds in Stripe's pages, a bank disputes; the event comes, or comes later."""
        paid = [intent for intent in self.shop.card.intents.values() if intent.status == "succeeded"]
        if not paid:
            return
        intent = paid[pick % len(paid)]
        if what == "refund":
            made = self.shop.card.refunds.get(intent.charge, [])
            if intent.captured - sum(entry.amount for entry in made if entry.state != "failed") >= 5_000:
                self.shop.card.give_back_outside(intent.charge, 5_000)
        elif what != "read":
            self.shop.card.disputes[intent.charge] = DisputeEntry("dp_1", what, intent.captured, "fraudulent")
        if pick % 2:
            reconcile_statement(self.shop.till, "card", intent.charge)

    @rule(minutes=st.sampled_from([0, 1, 10, 20]), swept=st.booleans())
    def time_passes(self, minutes: int, swept: bool) -> None:
        self.shop.clock.forward(timedelta(minutes=minutes))
        if swept:
            expire_orders(self.shop.till, seconds=60)

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def promises_are_kept(self) -> None:
        for account in assert_kept(self.shop):
            for attempt in account.attempts.values():
                came = self.came(account, attempt.number)
                booked = attempt.state in (AttemptState.SUCCEEDED, AttemptState.REVIEW)
                assert not booked or came is not None, f"{attempt.id} is booked without money"
                assert attempt.captured in (0, came or 0), f"{attempt.id}: {attempt.captured} of {came}"

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        self.shop.card.refund_state = "succeeded"
        for round_ in range(3):
            for account in accounts(self.shop):
                for place in account.attempts:
                    prompt = self.mpesa.prompts.get((account.order.number, place))
                    self.shop.verify_number(account.order.number, place, prompt.claim() if prompt else None)
                    verify_payment(self.shop.till, account.order.number, place, hinted=True)
            self.shop.clock.forward(timedelta(hours=1 + round_))
            expire_orders(self.shop.till, seconds=60)
            self.finish_refunds()
        for account in assert_kept(self.shop):
            note(f"{account.order.number}: {account.order.status} {[entry.type for entry in account.order.timeline]}")
            assert account.order.due_at is None, "nothing waits for ever"
            for attempt in account.attempts.values():
                came = self.came(account, attempt.number)
                assert attempt.captured == (came or 0), f"{attempt.id}: the money was not found"

    def finish_refunds(self) -> None:
        for account in accounts(self.shop):
            for refund in account.refunds.values():
                if refund.open:
                    refund_payment(self.shop.till, account.order.number, refund.number)
                    note_refund(self.shop.till, account.order.number, refund.number, RefundDone("RB"))
        for account in accounts(self.shop):
            assert not any(refund.open for refund in account.refunds.values())

    def came(self, account: Account, attempt: int) -> int | None:
        """What the provider really captured for an attempt; None when nothing came."""
        name = f"{account.order.number}-{attempt}"
        if account.attempts[attempt].method == "credit":
            return 0
        if name in self.shop.card.intents:
            intent = self.shop.card.intents[name]
            return intent.captured if intent.status == "succeeded" else None
        prompt = self.mpesa.prompts.get((account.order.number, attempt))
        return prompt.captured if prompt else None

    def credit_codes(self) -> list[str]:
        return [refund.credit_code for refund in self.refunds() if refund.credit_code]

    def refunds(self) -> list[Refund]:
        return [refund for account in accounts(self.shop) for refund in account.refunds.values()]

    def quietly(self, work: Any) -> None:
        """Do what may be refused; a refusal writes nothing."""
        try:
            work()
        except REFUSED:
            return

    def order_at(self, pick: int, *wanted: OrderStatus) -> Placement:
        """An order, one that stands where it is `wanted` if there is one."""
        every = list(self.placed.values())
        fitting = [one for one in every if self.shop.account(one).order.status in wanted]
        return (fitting or every)[pick % len(fitting or every)]

    def returned_at(self, pick: int, state: ReturnState) -> tuple[str, Return] | None:
        """A return in a state, with its order's number."""
        found = [
            (account.order.number, asked)
            for account in accounts(self.shop)
            for asked in account.returns.values()
            if asked.state is state
        ]
        return found[pick % len(found)] if found else None


@pytest.fixture
def shops(url: str) -> Iterator[type[Shops]]:
    Shops.url = url
    yield Shops


def test_any_shop(shops: type[Shops]) -> None:
    """Promises 1 to 5 under random orders of everything; hypothesis prints the history that breaks one."""
    run_state_machine_as_test(
        shops,
        settings=settings(
            max_examples=20,
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
