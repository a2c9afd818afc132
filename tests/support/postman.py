"""The bus, the queues and their workers in this process: every event and message arrives at least once."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from commerce.audit.store import EventRow, to_event
from commerce.checkout.expire_orders import expire_orders
from commerce.kernel.errors import CommitBusy
from commerce.payments.check_record import ask_for_record, give_up_record, note_record
from commerce.payments.decision import Verdict
from commerce.payments.messages import CheckMessage, RefundMessage, read_refund_message
from commerce.payments.port import RefundDone
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.payments.verify_payment import give_up, verify_payment
from tests.support.mpesa import Mpesa
from tests.support.shop import WINDOW, Shop

#: As the queues' redrive policy: so many deliveries, then the dead letters.
MOST_DELIVERIES = 5
CHECKED = frozenset({"OrderPlaced", "PaymentRestarted"})


@dataclass
class Postman:
    """Delivers what the outbox holds, and what handlers send themselves, until nothing is left to do.

    It holds no state that a crash could lose: a new one sees all events again, as a redelivery would show them.
    """

    shop: Shop
    mpesa: Mpesa
    checks: deque[str] = field(default_factory=deque)
    refunds: deque[str] = field(default_factory=deque)
    dead_letters: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def collect(self) -> None:
        """Route new events as the bus's rules do."""
        for row in self.shop.database.bind(EventRow, "events").scan(consistent_read=True):
            event = to_event(row)
            if event.id in self._seen or not event.subject.startswith("order/"):
                continue
            self._seen.add(event.id)
            envelope = json.dumps({"detail-type": event.type, "source": "salama", "detail": event.model_dump()})
            if event.type in CHECKED:
                self.checks.append(envelope)
            if "refund" in event.data or event.data.get("check_record"):
                self.refunds.append(envelope)

    def deliver(self) -> None:
        """Work until the queues are empty; delays pass at once."""
        self.collect()
        while self.checks or self.refunds:
            if self.checks:
                self._check(self.checks.popleft())
            if self.refunds:
                self._refund(self.refunds.popleft())
            self.collect()

    def settle_down(self) -> None:
        """Deliver, sweep past every hold and grace, deliver again, and report each sent refund's result."""
        self.deliver()
        for _ in range(3):
            self.shop.clock.forward(6 * WINDOW)
            expire_orders(self.shop.till, seconds=60)
            self.deliver()

    def _check(self, text: str) -> None:
        message = CheckMessage.from_json(text)
        verdict = self._patiently(
            text, lambda: verify_payment(self.shop.till, message.order_number, message.attempt, message.claim)
        )
        if verdict is not Verdict.PENDING:
            return
        if message.check >= len(self.shop.till.policy.check_delays):
            give_up(self.shop.till, message.order_number, message.attempt)
            return
        later = CheckMessage(message.order_number, message.attempt, message.check + 1, message.claim)
        self.checks.append(later.to_json())

    def _refund(self, text: str) -> None:
        message = read_refund_message(text)
        assert isinstance(message, RefundMessage)
        desk, names = self.shop.till, (message.order_number, message.number)
        records = message.task == "record"
        if message.check >= len(desk.policy.refund_delays):
            (give_up_record if records else give_up_refund)(desk, *names)
            return
        verdict = self._patiently(text, lambda: (ask_for_record if records else refund_payment)(desk, *names))
        if verdict is Verdict.PENDING:
            if records:
                note_record(desk, *names, self.mpesa.record(*names))
            else:
                note_refund(desk, *names, RefundDone(f"B{names[0]}"))
            self.refunds.append(RefundMessage(*names, task=message.task, check=message.check + 1).to_json())

    def _patiently(self, text: str, work: Callable[[], Verdict]) -> Verdict | None:
        for _ in range(MOST_DELIVERIES):
            try:
                return work()
            except CommitBusy:
                continue
        self.dead_letters.append(text)
        return None
