"""A member of staff at the staff API, signed in with a development token."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from sandbox.demo.buyer import Stuck

Json = dict[str, Any]


class Staff:
    """Does what staff do, over HTTP."""

    def __init__(self, api: httpx.AsyncClient, token: str) -> None:
        self._api = api
        self._headers = {"Authorization": f"Bearer {token}"}

    async def publish_voucher(self, **voucher: Any) -> None:
        """Make a voucher."""
        await self._send("PUT", f"/vouchers/{voucher['code']}", {"voucher": voucher, "reason": "a demo"})

    async def voucher(self, code: str) -> Json:
        """Read a voucher with its uses."""
        return await self._send("GET", f"/vouchers/{code}")

    async def refund(self, number: str, **what: Any) -> Json:
        """Give money back."""
        return await self._send("POST", f"/orders/{number}/refunds", {**what, "reason": "a demo"})

    async def ship(self, number: str, carrier: str, tracking: str, items: list[Json] | None = None) -> httpx.Response:
        """Send a parcel; the answer may be a refusal."""
        body = {"carrier": carrier, "tracking": tracking, **({"items": items} if items else {})}
        return await self._request("POST", f"/orders/{number}/shipments", body)

    async def cancel(self, number: str) -> Json:
        """Cancel an order."""
        return await self._send("POST", f"/orders/{number}/cancel", {"reason": "a demo"})

    async def approve_return(self, number: str, place: int) -> Json:
        """Approve a return."""
        return await self._send("POST", f"/orders/{number}/returns/{place}/approve", {"reason": "a demo"})

    async def receive_return(self, number: str, place: int, sku: str, quantity: int, fate: str) -> Json:
        """Take returned goods in."""
        items = [{"sku": sku, "quantity": quantity, "fate": fate}]
        return await self._send(
            "POST", f"/orders/{number}/returns/{place}/receive", {"items": items, "reason": "a demo"}
        )

    async def trail(self, number: str) -> list[str]:
        """Read the types of an order's events."""
        return [event["type"] for event in (await self._send("GET", f"/orders/{number}/events"))["items"]]

    async def _send(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = await self._request(method, path, body)
        if answer.is_error:
            raise Stuck(f"{method} /admin{path} answered {answer.status_code}: {answer.text[:200]}")
        document: Json = answer.json()
        return document

    async def _request(self, method: str, path: str, body: Json | None) -> httpx.Response:
        headers = {**self._headers, **({"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {})}
        return await self._api.request(method, f"/admin{path}", headers=headers, json=body)


async def sign_in(site: httpx.AsyncClient, api: httpx.AsyncClient) -> Staff:
    """Sign a member of staff in at the development issuer."""
    person = {"email": "staff@example.com", "roles": ["staff"]}
    answer = await site.post("/sandbox/identity/token", json=person)
    answer.raise_for_status()
    return Staff(api, answer.json()["access_token"])
