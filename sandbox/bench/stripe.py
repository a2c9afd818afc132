"""A Stripe that answers at once: it creates intents, calls every one paid, and signs the events about them."""

from __future__ import annotations

import hmac
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from sandbox.bench.events import Event, load
from sandbox.bench.provider import Stand, standing

INTENTS = "/v1/payment_intents"
WEBHOOK_SECRET = "whsec_benchmark"


@dataclass
class StubStripe:
    """The intents that were created, all of them paid when they are looked up."""

    stand: Stand
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _intents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: str) -> dict[str, Any]:
        """Return the body of an answer to a request."""
        intent_id = path.removeprefix(INTENTS).strip("/")
        if not path.startswith(INTENTS):
            raise LookupError(path)
        self.stand.on_call(f"stripe:{'retrieve' if intent_id else 'create'}")
        return self._paid(intent_id) if intent_id else self._create(parse_qs(body))

    def event(self, order_number: str) -> Event:
        """Return the webhook's request that says an order's intent is paid, as Stripe signs it."""
        event = load("receive_stripe_event", "intent_succeeded", order_number=order_number, signature="")
        moment = str(int(time.time()))
        signed = hmac.digest(WEBHOOK_SECRET.encode(), f"{moment}.{event['body']}".encode(), sha256).hex()
        event["headers"]["stripe-signature"] = f"t={moment},v1={signed}"
        return event

    def _create(self, asked: dict[str, list[str]]) -> dict[str, Any]:
        number = next(self._ids)
        # As long as the real ones are: the size of the attempt's row depends on it.
        intent_id = f"pi_3Sal{number:020d}"
        intent = {
            **_example(),
            "id": intent_id,
            "amount": int(asked["amount"][0]),
            "amount_received": 0,
            "currency": asked["currency"][0],
            "client_secret": f"{intent_id}_secret_{'x' * 25}",
            "latest_charge": None,
            "metadata": {name: asked[f"metadata[{name}]"][0] for name in ("order_number", "attempt")},
            "status": "requires_payment_method",
        }
        self._intents[intent_id] = intent
        return intent

    def _paid(self, intent_id: str) -> dict[str, Any]:
        intent = self._intents[intent_id]
        charge = intent_id.replace("pi_", "ch_")
        return {**intent, "status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge}


@contextmanager
def stub_stripe() -> Iterator[StubStripe]:
    """Run one in a thread of this process."""
    made: list[StubStripe] = []

    def answers(stand: Stand) -> Any:
        made.append(StubStripe(stand))
        return made[0].answer

    with standing(answers, "stub-stripe"):
        yield made[0]


def _example() -> dict[str, Any]:
    """Return an intent with all the members that Stripe's own example has."""
    event = load("receive_stripe_event", "intent_succeeded", order_number="", signature="")
    intent: dict[str, Any] = json.loads(event["body"])["data"]["object"]
    return intent
