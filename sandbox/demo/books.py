"""The shop's books and Daraja's, read directly: what the promises are checked against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from commerce.audit.desk import TrailDesk
from commerce.audit.store import EventLog
from commerce.audit.verify_trail import Head, Proof
from commerce.healing.model import Case, State
from commerce.healing.store import Cases
from commerce.inventory.store import StockRow
from commerce.kernel.events import Event
from commerce.kernel.tables import Database
from commerce.ordering.store import Orders
from commerce.payments.store import Account, Payments
from sandbox.stack import Stack

#: Of one state; a demo leaves a few dozen.
MOST_CASES = 1_000


@dataclass(frozen=True)
class Counters:
    """A SKU's units over all its buckets."""

    available: int
    reserved: int
    sold: int
    received: int

    def after_selling(self, units: int) -> Counters:
        """What the counters must be once so many were sold and nothing else happened; -1: one is still held."""
        if units < 0:
            return Counters(self.available + units, self.reserved - units, self.sold, self.received)
        return Counters(self.available - units, self.reserved, self.sold + units, self.received)

    def __str__(self) -> str:
        return f"{self.available}/{self.reserved}/{self.sold}"


class Books:
    """Reads tables, e-mails, dead letters and Daraja's ledger of one stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._database: Database = stack.database
        self._payments = Payments(self._database)
        self._orders = Orders(self._database)
        self._log = EventLog(self._database)
        self._cases = Cases(self._database, self._log)

    def all_stock(self) -> dict[str, Counters]:
        """Every bucket by its key."""
        rows = self._database.bind(StockRow, "stock").scan(consistent_read=True)
        return {
            row.pk: Counters(int(row.available), int(row.reserved), int(row.sold), int(row.received)) for row in rows
        }

    def stock(self, sku: str) -> Counters:
        """A SKU's counters, all buckets together."""
        mine = [each for key, each in self.all_stock().items() if key.rpartition("#")[0] == sku]
        return Counters(
            sum(each.available for each in mine),
            sum(each.reserved for each in mine),
            sum(each.sold for each in mine),
            sum(each.received for each in mine),
        )

    def account(self, number: str) -> Account:
        """An order with its payments."""
        account = self._payments.account(number)
        if account is None:
            raise LookupError(number)
        return account

    def order_numbers(self) -> set[str]:
        """Every order there is."""
        pages = self._stack.dynamodb.get_paginator("scan").paginate(
            TableName=self._stack.tables["orders"], ProjectionExpression="pk"
        )
        return {item["pk"]["S"] for page in pages for item in page["Items"]}

    def events(self, number: str) -> list[Event]:
        """An order's trail."""
        return self._log.trail(f"order/{number}")

    def event_types(self, number: str) -> list[str]:
        """The types of an order's trail."""
        return [event.type for event in self.events(number)]

    def proof(self, number: str) -> Proof:
        """What is to be said of an order's trail."""
        return TrailDesk(self._log, self._head_of).prove(f"order/{number}")[0]

    def _head_of(self, number: str) -> Head | None:
        end = self._orders.end_of(number)
        return Head(*end) if end else None

    def cases(self) -> list[Case]:
        """Everything that healing found."""
        listed = [
            each.id for state in State for each in self._cases.listed(state, after=None, limit=MOST_CASES, newest=False)
        ]
        return self._cases.read_many(listed)

    def ledger(self) -> dict[str, Any]:
        """Daraja's own books, in whole shillings."""
        answer = httpx.get(f"{self._stack.base_url}/sandbox/daraja/api/ledger", timeout=30, trust_env=False)
        ledger: dict[str, Any] = answer.json()
        return ledger

    def stripe_ledger(self) -> dict[str, int]:
        """What Stripe holds for each order, in minor units."""
        url = f"{self._stack.base_url}/sandbox/stripe/api/intents"
        found = httpx.get(url, params={"limit": 5_000}, timeout=30, trust_env=False).json()["items"]
        held: dict[str, int] = {}
        for story in found:
            number = story["intent"]["metadata"]["order_number"]
            held[number] = held.get(number, 0) + story["held"]
        return held

    def pushes(self, number: str) -> int:
        """How many pushes Daraja accepted for an order."""
        answer = httpx.get(
            f"{self._stack.base_url}/sandbox/daraja/api/pushes",
            params={"reference": number},
            timeout=30,
            trust_env=False,
        )
        return len(answer.json()["items"])

    def mails(self, number: str, subject: str) -> int:
        """How many e-mails of a kind were sent about an order."""
        return sum(1 for mail in self._stack.mails() if subject in mail.subject and number in mail.subject)

    def waiting(self, queue: str) -> int:
        """How many messages are in a queue, delayed and in flight ones too."""
        found = self._stack.sqs.get_queue_attributes(QueueUrl=self._stack.queues[queue], AttributeNames=["All"])
        counts = [value for name, value in found["Attributes"].items() if name.startswith("ApproximateNumberOf")]
        return sum(int(count) for count in counts)
