"""Stand-ins for the clock, the token store and Daraja's end of the wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from commerce.kernel.money import Currency, Money
from commerce.payments.port import LookUpRequest, References, RefundRequest, StartRequest
from commerce.payments.providers.daraja.client import TOKEN_PATH, DarajaClient
from commerce.payments.providers.daraja.config import DarajaConfig, DarajaCredentials
from commerce.payments.providers.daraja.provider import DarajaProvider

BODIES = Path(__file__).parent
NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
PHONE = "254700123456"
CHECKOUT = "ws_CO_22112026130000123700123456"
MERCHANT = "2654-4b64-97ff-b827b542881d3130"
CREDENTIALS = DarajaCredentials("the-key", "the-secret", "the-passkey", "the-initiator", "the-credential==")
PAY_BILL = DarajaConfig(base_url="https://daraja.test/daraja", shortcode="174379")

Reply = httpx.Response | Exception
Handler = Callable[[httpx.Request], httpx.Response]


def bodies(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((BODIES / folder).glob("*.json"))]


@dataclass
class StillClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class MemoryStore:
    """A token store in memory with the promise of the real one: one lease at a time, ended by a write."""

    stored: tuple[str, datetime] | None = None
    leased: bool = False
    reads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    written: threading.Event = field(default_factory=threading.Event)

    def read(self) -> tuple[str, datetime] | None:
        with self.lock:
            self.reads += 1
            return self.stored

    def release(self) -> None:
        with self.lock:
            self.leased = False

    def lease(self, now: datetime) -> bool:
        with self.lock:
            taken, self.leased = self.leased, True
            return not taken

    def write(self, token: str, expires_at: datetime) -> None:
        with self.lock:
            self.stored, self.leased = (token, expires_at), False
        self.written.set()


class Wire:
    """Daraja's end: hands out tokens, and answers every other call with the replies it was given, in order."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.calls: list[httpx.Request] = []
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(TOKEN_PATH):
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": "3599"})
        self.calls.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def body(self, call: int = 0) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.calls[call].content)
        return read


def no_pause(seconds: float) -> None:
    """Waits for nothing."""


def client_over(
    handler: Handler,
    config: DarajaConfig = PAY_BILL,
    store: MemoryStore | None = None,
    pause: Callable[[float], None] = no_pause,
) -> DarajaClient:
    return DarajaClient(
        config,
        CREDENTIALS,
        store or MemoryStore(),
        StillClock(),
        transport=httpx.MockTransport(handler),
        pause=pause,
    )


def provider_over(handler: Handler, config: DarajaConfig = PAY_BILL) -> DarajaProvider:
    return DarajaProvider(client_over(handler, config))


def error(status: int, code: str, message: str) -> httpx.Response:
    return httpx.Response(status, json={"requestId": CHECKOUT, "errorCode": code, "errorMessage": message})


def spike_arrest() -> httpx.Response:
    fault = {
        "faultstring": "Spike arrest violation.",
        "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"},
    }
    return httpx.Response(429, json={"fault": fault})


def kes(shillings: int, cents: int = 0) -> Money:
    return Money(shillings * 100 + cents, Currency.KES)


def start_request(**changes: Any) -> StartRequest:
    values: dict[str, Any] = {
        "order_number": "7K3M9QXW2A",
        "attempt": 1,
        "amount": kes(1200),
        "phone": PHONE,
        "callback_url": "https://shop.test/hooks/stk/unguessable-token",
        "description": "Order 7K3M9QXW2A at Salama",
    }
    return StartRequest(**{**values, **changes})


def question(references: References) -> LookUpRequest:
    """Return a look-up of the attempt that `start_request` asks for."""
    return LookUpRequest(start_request(), references)


def refund_request(**changes: Any) -> RefundRequest:
    values: dict[str, Any] = {
        "order_number": "7K3M9QXW2A",
        "reference": "7K3M9QXW2A-R1",
        "payment": References("29115-34620561-1", "ws_CO_191220191020363925"),
        "receipt": "SKC56QLGS5",
        "amount": kes(1200),
        "captured": kes(1200),
        "phone": PHONE,
        "result_url": "https://shop.test/hooks/daraja/unguessable-token/result",
        "timeout_url": "https://shop.test/hooks/daraja/unguessable-token/timeout",
        "remarks": "Paid after the order expired",
    }
    return RefundRequest(**{**values, **changes})
