"""A member of staff at the staff API, signed in with a development token, with an authenticator app."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any

import httpx

from sandbox.demo.authenticator import Authenticator
from sandbox.demo.buyer import Stuck

Json = dict[str, Any]


class Staff:
    """Does what staff do, over HTTP."""

    def __init__(self, api: httpx.AsyncClient, token: str) -> None:
        self._api = api
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"}
        self._app: Authenticator | None = None

    async def publish_voucher(self, **voucher: Any) -> None:
        """Make a voucher."""
        await self._send("PUT", f"/vouchers/{voucher['code']}", {"voucher": voucher, "reason": "a demo"})

    async def voucher(self, code: str) -> Json:
        """Read a voucher with its uses."""
        return await self._send("GET", f"/vouchers/{code}")

    async def refund(self, number: str, **what: Any) -> Json:
        """Give money back."""
        return await self._send("POST", f"/orders/{number}/refunds", {**what, "reason": "a demo"})

    async def ask_refund(self, number: str, **what: Any) -> httpx.Response:
        """The same without a one-time code; the answer is a refusal."""
        return await self._ask("POST", f"/orders/{number}/refunds", {**what, "reason": "a demo"}, _key())

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

    async def audit(self, number: str) -> Json:
        """Have an order's trail proved."""
        return await self._send("GET", f"/orders/{number}/audit")

    async def security_events(self, kind: str) -> list[Json]:
        """Read today's security events of a kind, page by page."""
        return await self._pages("/security/events", kind=kind)

    async def cases(self, state: str) -> list[Json]:
        """Read the cases in a state, page by page."""
        return await self._pages("/healing/cases", state=state)

    async def _pages(self, path: str, **wanted: str) -> list[Json]:
        items: list[Json] = []
        cursor: str | None = ""
        while cursor is not None:
            asked = httpx.QueryParams({**wanted, "limit": "50", **({"cursor": cursor} if cursor else {})})
            page = await self._send("GET", f"{path}?{asked}")
            items += page["items"]
            cursor = page["next_cursor"]
        return items

    async def _send(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = await self._request(method, path, body)
        if answer.is_error:
            raise Stuck(f"{method} /admin{path} answered {answer.status_code}: {answer.text[:200]}")
        document: Json = answer.json()
        return document

    async def _request(self, method: str, path: str, body: Json | None) -> httpx.Response:
        key = {} if method == "GET" else _key()
        answer = await self._ask(method, path, body, key)
        if not _asks_for_a_code(answer):
            return answer
        return await self._ask(method, path, body, {**key, "x-one-time-code": await self._code()})

    async def _ask(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> httpx.Response:
        return await self._api.request(method, f"/admin{path}", headers={**self._headers, **headers}, json=body)

    async def _code(self) -> str:
        """Return a code that counts now; the first time, enrol the app."""
        if self._app is None:
            app = Authenticator((await self._send("POST", "/second-factor"))["secret"])
            await self._send("POST", "/second-factor/confirm", {"code": await _shown(app)})
            self._app = app
        return await _shown(self._app)


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


async def _shown(app: Authenticator) -> str:
    code, wait = app.next(time.time())
    await asyncio.sleep(wait)
    return code


def _asks_for_a_code(answer: httpx.Response) -> bool:
    if answer.status_code != httpx.codes.FORBIDDEN:
        return False
    return str(answer.json().get("type", "")).endswith(":second-factor-required")


async def sign_in(
    site: httpx.AsyncClient,
    api: httpx.AsyncClient,
    email: str = "staff@example.com",
    roles: tuple[str, ...] = ("agent", "support", "finance"),
) -> Staff:
    """Sign a member of staff in at the development issuer."""
    answer = await site.post("/sandbox/identity/token", json={"email": email, "roles": list(roles)})
    answer.raise_for_status()
    return Staff(api, answer.json()["access_token"])
