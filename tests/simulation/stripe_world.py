"""A shop's view of the Stripe simulator: the real SDK in process, a captured webhook, a clock moved by hand."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import stripe
from fastapi import FastAPI, Request, Response

from sandbox.simulator import VirtualClock
from sandbox.stripe import StripeOptions, StripeSimulator, create_stripe

BASE = "http://127.0.0.1:8000"
HOOK = f"{BASE}/api/hooks/stripe"
VISA, DECLINED, SECURE = "4242424242424242", "4000000000000002", "4000002760003184"


@dataclass(frozen=True)
class Received:
    """One event that reached the shop."""

    raw: bytes
    signature: str
    after: float
    """Seconds since the world began."""
    event: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The event's type."""
        kind: str = self.event["type"]
        return kind


class World:
    """One simulator and one shop that only listens. `shop_says` is what it answers events with."""

    def __init__(self, options: StripeOptions | None = None) -> None:
        self.options = options or StripeOptions(webhook_url=HOOK)
        self.clock = VirtualClock(datetime.now(UTC).replace(microsecond=0))
        self.began = self.clock.now()
        self.received: list[Received] = []
        self.shop_says = 200
        shop = FastAPI()
        shop.add_api_route("/api/hooks/stripe", self._receive, methods=["POST"])
        self.sim = StripeSimulator(
            self.options, clock=self.clock, http=httpx.AsyncClient(transport=httpx.ASGITransport(shop))
        )
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(create_stripe(stripe=self.sim)), base_url=BASE)
        self.api = self.sdk(self.options.secret_key).v1

    def sdk(self, key: str, **more: Any) -> stripe.StripeClient:
        """The real SDK, its HTTP client pointed at the simulator's application."""
        client = stripe.HTTPXClient()
        client._client_async = self.http
        return stripe.StripeClient(
            key, http_client=client, base_addresses={"api": f"{BASE}/stripe"}, **{"max_network_retries": 0, **more}
        )

    async def _receive(self, request: Request) -> Response:
        raw = await request.body()
        after = (self.clock.now() - self.began).total_seconds()
        self.received.append(Received(raw, request.headers["Stripe-Signature"], after, json.loads(raw)))
        return Response(status_code=self.shop_says)

    async def wait(self, seconds: float = 2) -> None:
        """Let real-world seconds of the simulator pass."""
        await self.clock.advance(seconds)

    @property
    def types(self) -> list[str]:
        """The types of the events that arrived, in their order."""
        return [one.type for one in self.received]

    async def intent(self, amount: int = 150_000, currency: str = "kes", **more: Any) -> stripe.PaymentIntent:
        """A new PaymentIntent."""
        params: Any = {"amount": amount, "currency": currency, **more}
        return await self.api.payment_intents.create_async(params)

    async def paid(self, card: str = "pm_card_visa", amount: int = 150_000, **more: Any) -> stripe.PaymentIntent:
        """A PaymentIntent, confirmed by a server with a magic card."""
        return await self.intent(amount, payment_method=card, confirm=True, **more)

    async def show(self, intent: str, *expand: str) -> stripe.PaymentIntent:
        """A PaymentIntent as it is now."""
        return await self.api.payment_intents.retrieve_async(intent, {"expand": list(expand)})

    async def browse(self, intent: stripe.PaymentIntent, card: str = VISA, **changed: Any) -> httpx.Response:
        """Confirm as Stripe.js does: the publishable key, the client_secret, a typed card."""
        typed = {"number": card, "exp_month": "12", "exp_year": "34", "cvc": "123", **changed}
        form = {
            "key": self.options.publishable_key,
            "client_secret": intent.client_secret,
            "use_stripe_sdk": "true",
            "payment_method_data[type]": "card",
            **{f"payment_method_data[card][{name}]": value for name, value in typed.items()},
        }
        return await self.http.post(f"/stripe/v1/payment_intents/{intent.id}/confirm", data=form)

    async def challenge(self, intent: stripe.PaymentIntent, outcome: str) -> httpx.Response:
        """The card's holder answers the bank."""
        body = {"payment_intent": intent.id, "client_secret": intent.client_secret, "outcome": outcome}
        return await self.http.post("/stripe/js/v3/challenge", json=body)

    async def post(self, path: str, form: dict[str, Any], **headers: str) -> httpx.Response:
        """POST a form with the secret key, without the SDK."""
        sent = {"Authorization": f"Bearer {self.options.secret_key}", **headers}
        return await self.http.post(f"/stripe/v1/{path}", data=form, headers=sent)

    async def control(self, path: str, body: Any = None) -> Any:
        """The control API: GET, or POST when there is a body."""
        url = f"/sandbox/stripe/api/{path}"
        answer = await (self.http.get(url) if body is None else self.http.post(url, json=body))
        answer.raise_for_status()
        return answer.json()

    async def in_flight(self, work: Any) -> "asyncio.Task[Any]":
        """Start a call and return it once the simulator holds its answer back."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        while not self.sim._pauses and not task.done():
            await asyncio.sleep(0)
        return task


async def refusal(work: Any) -> stripe.StripeError:
    """The error that a call of the SDK raises."""
    try:
        await work
    except stripe.StripeError as error:
        return error
    raise AssertionError("nothing was refused")
