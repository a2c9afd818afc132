"""What one Stripe account holds: PaymentMethods, PaymentIntents, charges, refunds, disputes, money movements."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.stripe.cards import Card
from sandbox.stripe.errors import Json

Metadata = dict[str, str]


@dataclass
class PaymentMethod:
    """A card somebody typed, or a magic `pm_card_…`."""

    id: str
    card: Card
    exp_month: int
    exp_year: int
    created: datetime
    billing: Json = field(default_factory=dict)

    @property
    def last4(self) -> str:
        """The last four digits, the only ones that are ever shown."""
        return self.card.number[-4:]


@dataclass
class Intent:
    """A PaymentIntent. Amounts are minor units."""

    id: str
    client_secret: str
    amount: int
    currency: str
    created: datetime
    status: str = "requires_payment_method"
    metadata: Metadata = field(default_factory=dict)
    details: Json = field(default_factory=dict)
    """What is only given back: description, receipt_email, shipping and so on."""
    method: PaymentMethod | None = None
    return_url: str | None = None
    next_action: Json | None = None
    error: Json | None = None
    latest_charge: str | None = None
    amount_received: int = 0
    canceled_at: datetime | None = None
    cancellation_reason: str | None = None
    confirmations: int = 0
    """Counts confirmations, so that a step of an earlier one cannot touch a later one."""


@dataclass
class Charge:
    """One try to move money for a PaymentIntent."""

    id: str
    intent: Intent
    method: PaymentMethod
    amount: int
    """What was asked, minor units."""
    created: datetime
    status: str
    authenticated: bool = False
    error: Json | None = None
    movement: str | None = None
    amount_refunded: int = 0
    dispute: str | None = None
    disputed: bool = False

    @property
    def currency(self) -> str:
        """Three letters, lower case."""
        return self.intent.currency

    @property
    def paid(self) -> bool:
        """Did money move?"""
        return self.status == "succeeded"

    @property
    def unrefunded(self) -> int:
        """What can still be refunded, minor units."""
        return self.amount - self.amount_refunded if self.paid else 0


@dataclass
class Refund:
    """Money going back to the card."""

    id: str
    charge: Charge
    amount: int
    created: datetime
    status: str
    reason: str | None = None
    metadata: Metadata = field(default_factory=dict)
    movement: str | None = None
    failure_reason: str | None = None
    failure_movement: str | None = None


@dataclass
class Dispute:
    """The bank's question (inquiry) or its taking back of the money (chargeback)."""

    id: str
    charge: Charge
    amount: int
    reason: str
    created: datetime
    status: str
    inquiry: bool
    metadata: Metadata = field(default_factory=dict)
    evidence: Json = field(default_factory=dict)
    submissions: int = 0
    movements: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Is it still undecided?"""
        return self.status not in ("won", "lost", "warning_closed")


@dataclass(frozen=True)
class Movement:
    """A balance transaction. Positive: money came in."""

    id: str
    kind: str
    amount: int
    currency: str
    source: str
    about: str
    """Id of the PaymentIntent."""
    created: datetime


@dataclass
class Event:
    """One event, as it is sent and as /v1/events shows it."""

    id: str
    type: str
    body: Json
    about: str
    created: datetime
    tries: int = 0
    delivered: bool = False
    given_up: bool = False

    def view(self) -> dict[str, Any]:
        """For the control API."""
        return {
            "id": self.id,
            "type": self.type,
            "about": self.about,
            "at": self.created.isoformat(),
            "tries": self.tries,
            "delivered": self.delivered,
            "given_up": self.given_up,
        }
