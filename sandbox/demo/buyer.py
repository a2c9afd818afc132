"""A buyer at the shop front's API: places orders, follows them, tries again."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

#: Real seconds after which a journey that does not get on is a broken promise.
PATIENCE_SECONDS = 600.0
LOOK_EVERY_SECONDS = 1.0
#: A buyer whose page came slowly waits so many times as long before the next look: a busy shop is not asked more.
LEISURE = 2.0
NAIROBI = {"zone": "nairobi_metro", "address": {"line1": "Moi Avenue 1", "city": "Nairobi", "country": "KE"}}

Tracked = dict[str, Any]


class Stuck(Exception):
    """What a journey waited for did not happen."""


class Buyer:
    """One buyer with a phone and an e-mail address."""

    def __init__(self, api: httpx.AsyncClient, phone: str) -> None:
        self._api = api
        self.phone = phone
        self.email = f"buyer-{uuid.uuid4().hex[:10]}@example.com"
        self.number = ""
        self.saw: list[str] = []

    async def order(self, sku: str, quantity: int = 1, **changes: Any) -> httpx.Response:
        """Check out, in shillings by M-Pesa to Nairobi unless `changes` of the body say otherwise."""
        answer = await self._api.post(
            "/checkout",
            headers={"Idempotency-Key": str(uuid.uuid4())},
            json={
                "items": [{"sku": sku, "quantity": quantity}],
                "currency": "KES",
                "customer": {"name": "Demo Buyer", "email": self.email, "phone": self.phone},
                "shipping": NAIROBI,
                "payment": {"method": "mpesa", "phone": self.phone},
                **changes,
            },
        )
        if answer.status_code == httpx.codes.CREATED:
            self.number = answer.json()["order"]["number"]
            self._see(answer.json()["payment"]["status"])
        return answer

    async def pay_again(self, phone: str) -> httpx.Response:
        """Start another attempt from another phone; asked to wait, wait and ask again under the same key."""
        key, deadline = {"Idempotency-Key": str(uuid.uuid4())}, time.monotonic() + PATIENCE_SECONDS
        wish = {"email": self.email, "payment": {"method": "mpesa", "phone": phone}}
        while True:
            answer = await self._api.post(f"/orders/{self.number}/payments", headers=key, json=wish)
            if "retry-after" not in answer.headers or time.monotonic() > deadline:
                return answer
            await asyncio.sleep(int(answer.headers["retry-after"]))

    async def ask_return(self, sku: str, resolution: str) -> httpx.Response:
        """Ask to give a unit back."""
        wish = {"email": self.email, "items": [{"sku": sku, "quantity": 1}], "reason": "no_longer_wanted"}
        return await self._api.post(
            f"/orders/{self.number}/returns",
            headers={"Idempotency-Key": str(uuid.uuid4())},
            json={**wish, "resolution": resolution},
        )

    async def look(self) -> Tracked:
        """Read the order's status page."""
        answer = await self._api.get(f"/orders/{self.number}", params={"email": self.email})
        answer.raise_for_status()
        tracked: Tracked = answer.json()
        self._see(_seen(tracked))
        return tracked

    async def wait(self, what: str, until: Callable[[Tracked], bool]) -> Tracked:
        """Follow the order until something holds.

        Raises
        ------
        Stuck
            When it does not within the patience of a demo.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            asked = time.monotonic()
            tracked = await self.look()
            if until(tracked):
                return tracked
            if time.monotonic() > deadline:
                raise Stuck(f"order {self.number} never became {what}: it is {_seen(tracked)}")
            await asyncio.sleep(max(LOOK_EVERY_SECONDS, LEISURE * (time.monotonic() - asked)))

    def _see(self, seen: str) -> None:
        if not self.saw or self.saw[-1] != seen:
            self.saw.append(seen)


def _seen(tracked: Tracked) -> str:
    refunds = "".join(f", refund {refund['status']}" for refund in tracked["refunds"])
    status = tracked["order"]["status"]
    return f"{tracked['payment']['status']}{' (expired)' if status == 'expired' else ''}{refunds}"
