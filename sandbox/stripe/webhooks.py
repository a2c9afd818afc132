"""Delivery: a signed POST to the shop's endpoint, again after a failure, and every way it can go wrong."""

import asyncio
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256

import httpx

from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.faults import EventFault
from sandbox.stripe.intent_shape import seconds
from sandbox.stripe.models import Event

UNORDERED_AT_MOST = 60.0
"""Seconds after which a held-back event is sent though nothing came after it."""

ORDINARY = range(200, 300)


def signature(payload: bytes, timestamp: int, keys: tuple[str, ...]) -> str:
    """The Stripe-Signature header: a v1 for each secret, and the v0 that sandboxes add and nobody may trust."""
    signed = f"{timestamp}.".encode() + payload
    parts = [f"v1={hmac.new(key.encode(), signed, sha256).hexdigest()}" for key in keys]
    return ",".join([f"t={timestamp}", *parts, f"v0={secrets.token_hex(32)}"])


def schedule(sim: StripeSimulator, event: Event, fault: EventFault | None, reference: str = "") -> None:
    """Send an event a moment from now, in the way its fault says."""
    options = sim.options
    if not options.webhook_url or fault == "lost" or sim.faults.health.silent:
        event.given_up = True
        entry = sim.journal.write(sim.now(), "event", event.type, options.webhook_url, about=event.about)
        entry.body, entry.reference = event.body, reference
        entry.note = "lost on the way" if options.webhook_url else "no endpoint"
        return
    send = _sender(sim, event, reference)
    if fault == "delayed":
        sim.after(options.delayed_webhook_seconds, send)
    elif fault == "duplicate":
        sim.after(options.webhook_seconds, _thrice(send))
    elif fault == "unordered":
        _hold_back(sim, event, send)
    else:
        sim.after(options.webhook_seconds, _and_then_the_held(sim, event, send, reference))


def resend(sim: StripeSimulator, event: Event) -> None:
    """Send an event once more now, as the dashboard's button does."""
    sim.after(0, _sender(sim, event, "", retries=False))


async def deliver(sim: StripeSimulator, event: Event, reference: str = "") -> bool:
    """POST an event once; True when the shop answered 2xx."""
    payload = json.dumps(event.body, indent=2).encode()
    entry = sim.journal.write(
        sim.now(), "event", event.type, sim.options.webhook_url, about=event.about, reference=reference, body=event.body
    )
    event.tries += 1
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (sandbox)",
        "Stripe-Signature": signature(payload, seconds(sim.now()), sim.options.webhook_secrets),
    }
    try:
        response = await sim.http.post(sim.options.webhook_url, content=payload, headers=headers)
    except httpx.HTTPError as error:
        entry.note = f"not delivered: {type(error).__name__}"
        return False
    entry.status, entry.answer = response.status_code, response.text[:2_000]
    if response.status_code in ORDINARY:
        event.delivered = True
        return True
    return False


def _sender(
    sim: StripeSimulator, event: Event, reference: str, *, retries: bool = True
) -> Callable[[], Awaitable[None]]:
    async def send() -> None:
        if await deliver(sim, event, reference) or not retries:
            return
        waits = sim.options.webhook_retry_seconds
        if event.tries > len(waits):
            event.given_up = True
        else:
            sim.after(waits[event.tries - 1], send)

    return send


def _thrice(send: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def all_at_once() -> None:
        await asyncio.gather(send(), send(), send())

    return all_at_once


def _hold_back(sim: StripeSimulator, event: Event, send: Callable[[], Awaitable[None]]) -> None:
    sim.held_back.setdefault(event.about, []).append(event)

    async def late() -> None:
        waiting = sim.held_back.get(event.about, [])
        if event in waiting:
            waiting.remove(event)
            await send()

    sim.after(UNORDERED_AT_MOST, late)


def _and_then_the_held(
    sim: StripeSimulator, event: Event, send: Callable[[], Awaitable[None]], reference: str
) -> Callable[[], Awaitable[None]]:
    held = list(sim.held_back.get(event.about, []))

    async def overtake() -> None:
        await send()
        waiting = sim.held_back.get(event.about, [])
        for one in [one for one in reversed(held) if one in waiting]:
            waiting.remove(one)
            await _sender(sim, one, reference)()

    return overtake
