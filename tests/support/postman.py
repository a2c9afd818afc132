"""The bus, the queues and their workers in this process: every event and message arrives at least once."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from commerce.audit.store import EventRow, to_event
from commerce.checkout.expire_orders import expire_orders
from commerce.kernel.errors import CommitBusy
from commerce.payments.check_record import ask_for_record, give_up_record, note_record
from commerce.payments.decision import Verdict
from commerce.payments.messages import CheckMessage, RefundMessage, StatementMessage, read_refund_message
from commerce.payments.port import RefundDone
from commerce.payments.reconcile_statement import reconcile_statement
from commerce.payments.refund_payment import give_up_refund, note_refund, refund_payment
from commerce.payments.seen import SeenEvents
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
        """Route new events as the bus's rules do, and what the card's provider tells of its own accord."""
        self._collect_webhooks()
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

    def _collect_webhooks(self) -> None:
        """Queue an event for each state of an intent, of a refund and of a dispute, as the webhook does."""
        card = self.shop.card
        for intent in card.intents.values():
            number, attempt = intent.request.order_number, intent.request.attempt
            event = f"evt_{intent.id}_{intent.status}"
            if intent.status != "waiting" and self._is_new(event):
                self.checks.append(CheckMessage(number, attempt, event_id=event).to_json())
        for receipt in {*card.refunds, *card.disputes}:
            states = [f"{entry.id}_{entry.state}" for entry in card.refunds.get(receipt, ())]
            dispute = card.disputes.get(receipt)
            states += [f"{dispute.id}_{dispute.status}"] if dispute else []
            for event in (f"evt_{state}" for state in states):
                if self._is_new(event):
                    self.refunds.append(StatementMessage("card", receipt, event).to_json())

    def _is_new(self, event: str) -> bool:
        new = event not in self._seen
        self._seen.add(event)
        return new

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
        for _ in range(2):
            self.shop.clock.forward(10 * WINDOW)
            expire_orders(self.shop.till, seconds=60)
            self.deliver()

    def _check(self, text: str) -> None:
        message = CheckMessage.from_json(text)
        seen, event = SeenEvents(self.shop.database, self.shop.clock), message.event_id
        if event is not None and seen.handled(event):
            return
        names = (message.order_number, message.attempt)
        verdict = self._patiently(
            text, lambda: verify_payment(self.shop.till, *names, message.claim, hinted=event is not None)
        )
        again = verdict is Verdict.PENDING or (verdict is Verdict.WAITING and event is None)
        if again and message.check < len(self.shop.till.policy.check_delays):
            self.checks.append(replace(message, check=message.check + 1).to_json())
            return
        if again and verdict is Verdict.PENDING:
            give_up(self.shop.till, *names)
        if event is not None and verdict is not None:
            seen.note(event)

    def _refund(self, text: str) -> None:
        message = read_refund_message(text)
        if isinstance(message, StatementMessage):
            self._statement(message)
            return
        desk, names = self.shop.till, (message.order_number, message.number)
        records = message.task == "record"
        if message.check >= len(desk.policy.refund_delays):
            (give_up_record if records else give_up_refund)(desk, *names)
            return
        verdict = self._patiently(text, lambda: (ask_for_record if records else refund_payment)(desk, *names))
        if verdict is Verdict.PENDING:
            if records:
                note_record(desk, *names, self.mpesa.record(*names))
            elif self._by_mpesa(*names):
                note_refund(desk, *names, RefundDone(f"B{names[0]}"))
            self.refunds.append(RefundMessage(*names, task=message.task, check=message.check + 1).to_json())

    def _by_mpesa(self, number: str, refund: int) -> bool:
        """Whether the provider of a refund posts its result by itself."""
        account = self.shop.till.payments.account(number)
        assert account is not None
        return account.attempts[account.refunds[refund].attempt or 1].method == "mpesa"

    def _statement(self, message: StatementMessage) -> None:
        seen = SeenEvents(self.shop.database, self.shop.clock)
        if seen.handled(message.event_id):
            return
        text = message.to_json()
        verdict = self._patiently(text, lambda: reconcile_statement(self.shop.till, message.method, message.receipt))
        unread = verdict in (Verdict.PENDING, Verdict.MISSING)
        if unread and message.check < len(self.shop.till.policy.refund_delays):
            self.refunds.append(replace(message, check=message.check + 1).to_json())
        elif verdict is Verdict.PENDING:
            self.dead_letters.append(text)
        elif verdict is not None:
            seen.note(message.event_id)

    def _patiently(self, text: str, work: Callable[[], Verdict]) -> Verdict | None:
        for _ in range(MOST_DELIVERIES):
            try:
                return work()
            except CommitBusy:
                continue
        self.dead_letters.append(text)
        return None
