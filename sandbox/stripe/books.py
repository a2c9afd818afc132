"""Everything one account holds, by id; and its money, which is only ever moved, never made."""

from collections import defaultdict
from datetime import datetime

from sandbox.stripe.errors import Json, missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.models import Charge, Dispute, Event, Intent, Movement, PaymentMethod, Refund


class Books:
    """Each kind in the order of its creation, oldest first."""

    def __init__(self) -> None:
        self.methods: dict[str, PaymentMethod] = {}
        self.intents: dict[str, Intent] = {}
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.disputes: dict[str, Dispute] = {}
        self.movements: dict[str, Movement] = {}
        self.events: dict[str, Event] = {}

    def intent(self, wanted: str, param: str = "intent") -> Intent:
        """The PaymentIntent with this id. Raises StripeRefusal resource_missing."""
        if wanted not in self.intents:
            raise missing("payment_intent", wanted, param)
        return self.intents[wanted]

    def charge(self, wanted: str, param: str = "charge") -> Charge:
        """The charge with this id. Raises StripeRefusal resource_missing."""
        if wanted not in self.charges:
            raise missing("charge", wanted, param)
        return self.charges[wanted]

    def refund(self, wanted: str) -> Refund:
        """The refund with this id. Raises StripeRefusal resource_missing."""
        if wanted not in self.refunds:
            raise missing("refund", wanted)
        return self.refunds[wanted]

    def dispute(self, wanted: str) -> Dispute:
        """The dispute with this id. Raises StripeRefusal resource_missing."""
        if wanted not in self.disputes:
            raise missing("dispute", wanted)
        return self.disputes[wanted]

    def event(self, wanted: str) -> Event:
        """The event with this id. Raises StripeRefusal resource_missing."""
        if wanted not in self.events:
            raise missing("event", wanted)
        return self.events[wanted]

    def refunds_of(self, charge: Charge) -> list[Refund]:
        """The refunds of one charge, newest first."""
        return [one for one in reversed(self.refunds.values()) if one.charge is charge]

    def move(self, kind: str, amount: int, charge: Charge, source: str, at: datetime) -> str:
        """Write one movement down; the id of its balance transaction."""
        movement = Movement(new_id("txn"), kind, amount, charge.currency, source, charge.intent.id, at)
        self.movements[movement.id] = movement
        return movement.id

    def held(self, intent: str) -> int:
        """What the shop holds of one PaymentIntent, minor units."""
        return sum(one.amount for one in self.movements.values() if one.about == intent)

    def ledger(self) -> Json:
        """Per PaymentIntent: paid, given back (refunds less failed ones), disputed, held. Minor units."""
        sums: dict[str, Json] = {}
        totals: dict[str, int] = defaultdict(int)
        member = {"charge": "paid", "refund": "given_back", "refund_failure": "given_back", "adjustment": "disputed"}
        for one in self.movements.values():
            line = sums.setdefault(
                one.about, {"paid": 0, "given_back": 0, "disputed": 0, "held": 0, "currency": one.currency}
            )
            line[member[one.kind]] += one.amount if one.kind == "charge" else -one.amount
            line["held"] += one.amount
            totals[one.currency] += one.amount
        for intent, line in sums.items():
            line["metadata"] = dict(self.intents[intent].metadata)
        return {"intents": sums, "totals": dict(totals)}
