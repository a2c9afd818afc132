"""What a journey is played with: the shop's API, the simulators behind it, staff, and goods of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.daraja.stories import by_slug
from sandbox.demo.books import Books
from sandbox.demo.buyer import Buyer, Stuck, Tracked
from sandbox.demo.sabotage import Saboteur
from sandbox.demo.staff import Staff

VISA = "4242424242424242"


@dataclass
class Scene:
    """One journey's stage; `site` is the local stack with its simulators, `sku` sold by this journey alone."""

    api: httpx.AsyncClient
    site: httpx.AsyncClient
    staff: Staff
    sku: str
    books: Books
    saboteur: Saboteur

    def buyer(self, *, by_phone: bool = False) -> Buyer:
        """Return somebody new."""
        return Buyer(self.api, by_slug("paid").number if by_phone else "0712345678")

    async def order(self, buyer: Buyer, quantity: int = 1, **changes: Any) -> Tracked:
        """Check out, by card unless `changes` say otherwise."""
        answer = await buyer.order(self.sku, quantity, **{"payment": {"method": "card"}, **changes})
        if answer.status_code != httpx.codes.CREATED:
            raise Stuck(f"checkout answered {answer.status_code}: {answer.text[:200]}")
        order: Tracked = answer.json()
        return order

    async def pay(self, placed: Tracked, card: str = VISA, challenge: str = "approve") -> str | None:
        """Pay an intent as the buyer's browser would; return the decline's code, if it was declined."""
        intent = placed["payment"]["client_secret"].partition("_secret")[0]
        answer = await self.site.post(
            f"/sandbox/stripe/api/intents/{intent}/pay", json={"card": card, "challenge": challenge}
        )
        answer.raise_for_status()
        error = answer.json()["error"]
        return error["code"] if error else None

    async def paid(self, buyer: Buyer, **changes: Any) -> Tracked:
        """Order, pay by card, and wait until the shop says so."""
        placed = await self.order(buyer, **changes)
        await self.pay(placed)
        return await buyer.wait("paid", is_paid)

    async def stripe(self, path: str, **body: Any) -> dict[str, Any]:
        """Use the Stripe simulator's control API."""
        answer = await self.site.post(f"/sandbox/stripe/api/{path}", json=body)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    async def intent(self, buyer: Buyer) -> str:
        """Return the intent of a buyer's order."""
        found = await self.site.get("/sandbox/stripe/api/intents", params={"order": buyer.number})
        intent: str = found.json()["items"][0]["intent"]["id"]
        return intent

    def must(self, holds: bool, promise: str) -> None:
        """Insist on what must be so."""
        if not holds:
            raise Stuck(promise)


def is_paid(seen: Tracked) -> bool:
    """Whether an order is paid."""
    return bool(seen["payment"]["status"] == "paid")


def refunds_done(count: int) -> Callable[[Tracked], bool]:
    """Return whether so many refunds are done."""
    return lambda seen: [refund["status"] for refund in seen["refunds"]].count("succeeded") >= count
