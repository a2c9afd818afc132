"""The simulator over a real socket and a real clock: the SDK as the shop uses it, broken connections, a clean stop."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import stripe
import uvicorn
from fastapi import FastAPI, Request

from sandbox.stripe import StripeOptions, create_stripe
from tests.simulation.daraja_world import in_loop

PARAMS: Any = {"amount": 150_000, "currency": "kes"}


class Server:
    """The simulator and a shop's endpoint on one free port of 127.0.0.1."""

    def __init__(self, speed: float) -> None:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.events: list[stripe.Event] = []
        self.app: FastAPI = create_stripe(StripeOptions(webhook_url=f"{self.base}/hook", speed=speed))
        self.app.add_api_route("/hook", self._receive, methods=["POST"])

    async def _receive(self, request: Request) -> None:
        header = request.headers["Stripe-Signature"]
        self.events.append(stripe.Webhook.construct_event(await request.body(), header, "whsec_salama"))

    def sdk(self, **more: Any) -> stripe.StripeClient:
        """The SDK with its own synchronous HTTP client."""
        return stripe.StripeClient("sk_test_salama", base_addresses={"api": f"{self.base}/stripe"}, **more)

    async def control(self, path: str, body: Any) -> None:
        """POST to the control API."""
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.post(f"{self.base}/sandbox/stripe/api/{path}", json=body)).raise_for_status()


@asynccontextmanager
async def serving(speed: float = 300) -> AsyncIterator[Server]:
    """A server that runs."""
    made = Server(speed)
    server = uvicorn.Server(uvicorn.Config(made.app, log_level="critical"))
    task = asyncio.create_task(server.serve(sockets=[made.listener]))
    try:
        await until(lambda: server.started)
        yield made
    finally:
        server.should_exit = True
        await task


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Poll a condition with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@in_loop
async def test_the_shops_sdk_pays_and_refunds_and_hears_of_it_over_http() -> None:
    async with serving() as server:
        api = server.sdk().v1
        params: Any = {**PARAMS, "payment_method": "pm_card_visa", "confirm": True}
        paid: stripe.PaymentIntent = await asyncio.to_thread(api.payment_intents.create, params)
        await asyncio.to_thread(api.refunds.create, {"payment_intent": paid.id, "amount": 50_000})
        await until(lambda: len(server.events) == 5)
        assert {one.type for one in server.events} == {
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "refund.created",
            "charge.refunded",
        }


@in_loop
async def test_a_lost_response_is_a_broken_connection_and_the_sdks_retry_finds_the_same_payment() -> None:
    async with serving() as server:
        await server.control("faults", {"fault": "lost_response"})
        with pytest.raises(stripe.APIConnectionError):
            await asyncio.to_thread(
                server.sdk(max_network_retries=0).v1.payment_intents.create, PARAMS, {"idempotency_key": "k"}
            )
        found = await asyncio.to_thread(server.sdk().v1.payment_intents.create, PARAMS, {"idempotency_key": "k"})
        assert list(server.app.state.stripe.books.intents) == [found.id]


@in_loop
async def test_the_server_stops_while_an_answer_is_held_back() -> None:
    began = time.monotonic()
    async with serving(speed=1) as server:
        await server.control("faults", {"fault": "lost_response"})
        work = asyncio.create_task(
            asyncio.to_thread(server.sdk(max_network_retries=0).v1.payment_intents.create, PARAMS)
        )
        await until(lambda: bool(server.app.state.stripe.books.intents))
        await server.control("reset", {})
        with pytest.raises(stripe.APIConnectionError):
            await work
    assert time.monotonic() - began < 10
