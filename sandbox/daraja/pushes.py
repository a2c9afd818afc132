"""One accepted push and everything the platform knows of it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.daraja.codes import PAID, Code
from sandbox.daraja.options import Merchant
from sandbox.daraja.script import Story


@dataclass
class PushRecord:
    """A push to one phone. `record` None: pending; any other value is what STK Query answers."""

    merchant: Merchant
    phone: str
    amount: int
    reference: str
    description: str
    callback_url: str
    merchant_request_id: str
    checkout_request_id: str
    accepted_at: datetime
    closes_at: datetime
    """When the prompt leaves the screen by itself."""
    story: Story | None = None
    decided: bool = False
    record: Code | None = None
    text: str | None = None
    receipt: str | None = None
    paid_amount: int = 0
    paid_at: datetime | None = None
    queries: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether the prompt is on the phone's screen."""
        return not self.decided and now < self.closes_at

    @property
    def is_paid(self) -> bool:
        """Whether money moved."""
        return self.record == PAID

    @property
    def prompt_text(self) -> str:
        """What the phone shows."""
        return (
            f"Do you want to pay Ksh {self.amount:,}.00 to {self.merchant.name} "
            f"for account {self.reference}? Enter M-PESA PIN"
        )

    def view(self, now: datetime) -> dict[str, Any]:
        """The push for the control API and the phone page."""
        return {
            "id": self.merchant_request_id,
            "checkout_request_id": self.checkout_request_id,
            "phone": self.phone,
            "amount": self.amount,
            "business": self.merchant.name,
            "reference": self.reference,
            "description": self.description,
            "text": self.prompt_text,
            "accepted_at": self.accepted_at.isoformat(),
            "closes_at": self.closes_at.isoformat(),
            "open": self.is_open(now),
            "record": self.record,
            "result": self.text,
            "receipt": self.receipt,
            "story": self.story.slug if self.story else None,
        }


@dataclass
class Pushes:
    """Every push, found by either id, and the newest first by phone."""

    all: list[PushRecord] = field(default_factory=list)
    _by_checkout: dict[str, list[PushRecord]] = field(default_factory=lambda: defaultdict(list))

    def add(self, push: PushRecord) -> None:
        """Keep a push."""
        self.all.append(push)
        self._by_checkout[push.checkout_request_id].append(push)

    def by_checkout(self, checkout_request_id: str) -> list[PushRecord]:
        """The pushes with this CheckoutRequestID: usually one, oldest first (the id is not unique)."""
        return self._by_checkout.get(checkout_request_id, [])

    def by_id(self, merchant_request_id: str) -> PushRecord | None:
        """The push with this MerchantRequestID."""
        return next((push for push in self.all if push.merchant_request_id == merchant_request_id), None)

    def by_receipt(self, receipt: str) -> PushRecord | None:
        """The push that this receipt paid."""
        return next((push for push in self.all if push.receipt == receipt), None)

    def of(self, phone: str) -> list[PushRecord]:
        """The pushes to a phone, newest first."""
        return [push for push in reversed(self.all) if push.phone == phone]
