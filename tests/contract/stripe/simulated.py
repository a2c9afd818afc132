"""The provider on a wire to the Stripe simulator, which can lose answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi.testclient import TestClient

from commerce.payments.port import LookUpRequest, Paid, Prompted
from commerce.payments.providers.stripe.client import StripeApi
from commerce.payments.providers.stripe.config import StripeConfig, StripeKeys
from commerce.payments.providers.stripe.provider import StripeProvider
from sandbox.simulator import VirtualClock
from sandbox.stripe import StripeOptions, StripeSimulator, create_stripe
from tests.contract.stripe.doubles import no_pause, refund_request, start_request

BASE = "http://stripe.test"


@dataclass
class Stripe:
    """A simulator, and the shop's provider on a wire that can lose answers."""

    http: TestClient
    sim: StripeSimulator
    lose: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = self.sim.options
        keys = StripeKeys(options.secret_key, options.publishable_key)
        config = StripeConfig(f"{BASE}/stripe")
        transport = httpx.MockTransport(self._carry)
        self.provider = StripeProvider(StripeApi(config, lambda: keys, transport=transport, pause=no_pause))

    def _carry(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.path.removeprefix('/stripe/v1')}"
        self.asked.append(asked)
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        answer = self.http.request(request.method, str(request.url), headers=headers, content=request.content)
        if asked in self.lose:
            self.lose.remove(asked)
            raise httpx.ReadTimeout("lost on the way back")
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def control(self, where: str, /, **body: Any) -> Any:
        answer = self.http.post(f"/sandbox/stripe/api/{where}", json=body)
        answer.raise_for_status()
        return answer.json()

    def started(self, **changes: Any) -> LookUpRequest:
        request = start_request(**changes)
        prompted = self.provider.start(request)
        assert isinstance(prompted, Prompted)
        return LookUpRequest(request, prompted.references)

    def pay(self, request: LookUpRequest, card: str = "pm_card_visa", **more: Any) -> str:
        """Have the buyer pay; returns the charge."""
        self.control(f"intents/{request.references.payment_id}/pay", card=card, **more)
        outcome = self.provider.look_up(request)
        return outcome.receipt or "" if isinstance(outcome, Paid) else ""

    def money(self) -> int:
        """What the account holds in the end."""
        return sum(one.amount for one in self.sim.books.movements.values())


@contextmanager
def simulated() -> Iterator[Stripe]:
    """Run a simulator whose clock stands still."""
    sim = StripeSimulator(StripeOptions(), clock=VirtualClock(datetime.now(UTC)))
    with TestClient(create_stripe(stripe=sim), base_url=BASE) as http:
        yield Stripe(http, sim)


def refund_of(request: LookUpRequest, charge: str, **changes: Any) -> Any:
    return refund_request(payment=request.references, receipt=charge, **changes)
