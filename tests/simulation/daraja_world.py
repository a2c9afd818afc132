"""A shop's view of the Daraja simulator: its API in process, a captured callback receiver, a clock moved by hand."""

import asyncio
import base64
import functools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

import httpx
from fastapi import FastAPI, Request

from sandbox.daraja import Daraja, DarajaOptions, create_daraja
from sandbox.simulator import VirtualClock

SHOP = "http://127.0.0.1:8000/api/hooks"
HUMAN = "254712345678"
"""A number whose story the phone page decides."""


def magic(number: int) -> str:
    """The magic number of story NN."""
    return f"2547000000{number:02d}"


@dataclass(frozen=True)
class Received:
    """One callback that reached the shop."""

    path: str
    raw: str
    after: float
    """Seconds since the world began."""

    @property
    def stk(self) -> dict[str, Any]:
        """The stkCallback object."""
        callback: dict[str, Any] = json.loads(self.raw)["Body"]["stkCallback"]
        return callback

    @property
    def result(self) -> dict[str, Any]:
        """The Result object."""
        result: dict[str, Any] = json.loads(self.raw)["Result"]
        return result


class World:
    """One simulator and one shop that only listens."""

    def __init__(self, options: DarajaOptions | None = None) -> None:
        self.options = options or DarajaOptions()
        self.clock = VirtualClock()
        self.began = self.clock.now()
        self.received: list[Received] = []
        self.shop_answer: Any = {"ResultCode": 0, "ResultDesc": "Accepted"}
        shop = FastAPI()
        shop.add_api_route("/{path:path}", self._receive, methods=["POST"])
        self.daraja = Daraja(
            self.options,
            clock=self.clock,
            http=httpx.AsyncClient(transport=httpx.ASGITransport(shop)),
        )
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_daraja(daraja=self.daraja)), base_url="http://127.0.0.1:8000"
        )
        self.bearer = ""

    async def _receive(self, path: str, request: Request) -> Any:
        raw = (await request.body()).decode()
        self.received.append(Received(path, raw, (self.clock.now() - self.began).total_seconds()))
        return self.shop_answer

    async def wait(self, seconds: float) -> None:
        """Let real-world seconds of the simulator pass."""
        await self.clock.advance(seconds)

    @property
    def codes(self) -> list[Any]:
        """The ResultCodes of the STK callbacks so far."""
        return [one.stk["ResultCode"] for one in self.received]

    async def sign_in(self) -> httpx.Response:
        """Fetch a token and use it from now on."""
        answer = await self.http.get(
            "/daraja/oauth/v1/generate",
            params={"grant_type": "client_credentials"},
            auth=(self.options.consumer_key, self.options.consumer_secret),
        )
        self.bearer = answer.json()["access_token"]
        return answer

    async def post(self, path: str, body: Any) -> httpx.Response:
        """POST to the provider with the token at hand."""
        if not self.bearer:
            await self.sign_in()
        return await self.http.post(f"/daraja/{path}", json=body, headers={"Authorization": f"Bearer {self.bearer}"})

    def signature(self, **changed: Any) -> dict[str, Any]:
        """BusinessShortCode, Password and Timestamp."""
        shortcode, stamp = self.options.shortcode, "20261122120000"
        secret = f"{shortcode}{self.options.passkey}{stamp}".encode()
        return {
            "BusinessShortCode": shortcode,
            "Password": base64.b64encode(secret).decode(),
            "Timestamp": stamp,
            **changed,
        }

    def push_body(self, phone: str = HUMAN, amount: Any = 1500, reference: str = "S-1001", **changed: Any) -> Any:
        """A right push request; `changed` members are replaced, and left out when None."""
        body = {
            **self.signature(),
            "TransactionType": "CustomerPayBillOnline",
            "Amount": amount,
            "PartyA": phone,
            "PartyB": self.options.shortcode,
            "PhoneNumber": phone,
            "CallBackURL": f"{SHOP}/stk/{reference}",
            "AccountReference": reference,
            "TransactionDesc": "Order",
            **changed,
        }
        return {name: value for name, value in body.items() if value is not None}

    async def push(self, phone: str = HUMAN, amount: Any = 1500, reference: str = "S-1001", **changed: Any) -> Any:
        """Push; the response."""
        return await self.post("mpesa/stkpush/v1/processrequest", self.push_body(phone, amount, reference, **changed))

    async def query(self, checkout_request_id: str) -> httpx.Response:
        """STK Query."""
        body = {**self.signature(), "CheckoutRequestID": checkout_request_id}
        return await self.post("mpesa/stkpushquery/v1/query", body)

    async def accepted(self, number: int, **changed: Any) -> str:
        """An acknowledged push to a magic number; its CheckoutRequestID."""
        answer = await self.push(magic(number), **changed)
        assert answer.status_code == 200, answer.text
        checkout: str = answer.json()["CheckoutRequestID"]
        return checkout

    async def code(self, checkout_request_id: str) -> str:
        """What STK Query says: its ResultCode, or the error's message."""
        body = (await self.query(checkout_request_id)).json()
        result: str = body.get("ResultCode") or body.get("errorMessage") or "fault"
        return result

    @property
    def held(self) -> int:
        """What the shop's paybill holds, whole KES."""
        return self.daraja.ledger.balance(self.options.shortcode)

    def initiator(self, kind: str) -> dict[str, Any]:
        """The members that reversal, payout and status share."""
        return {
            "SecurityCredential": self.options.security_credential,
            "ResultURL": f"{SHOP}/daraja/{kind}/result",
            "QueueTimeOutURL": f"{SHOP}/daraja/{kind}/timeout",
            "Remarks": "Order S-1001",
        }

    async def reverse(self, receipt: str, amount: int, **changed: Any) -> httpx.Response:
        """Ask for a reversal."""
        body = {
            **self.initiator("reversal"),
            "Initiator": self.options.initiator,
            "CommandID": "TransactionReversal",
            "TransactionID": receipt,
            "Amount": amount,
            "ReceiverParty": self.options.shortcode,
            "RecieverIdentifierType": "11",
            **changed,
        }
        return await self.post("mpesa/reversal/v1/request", body)

    async def pay_out(self, originator_id: str, amount: int = 100, **changed: Any) -> httpx.Response:
        """Ask for a B2C payment."""
        body = {
            **self.initiator("payout"),
            "OriginatorConversationID": originator_id,
            "InitiatorName": self.options.initiator,
            "CommandID": "BusinessPayment",
            "Amount": amount,
            "PartyA": self.options.shortcode,
            "PartyB": HUMAN,
            "Occassion": "S-1001",
            **changed,
        }
        return await self.post("mpesa/b2c/v3/paymentrequest", body)

    async def status(self, **changed: Any) -> httpx.Response:
        """Ask for a transaction's status."""
        body = {
            **self.initiator("status"),
            "Initiator": self.options.initiator,
            "CommandID": "TransactionStatusQuery",
            "PartyA": self.options.shortcode,
            "IdentifierType": "4",
            "Occasion": "check",
            **changed,
        }
        return await self.post("mpesa/transactionstatus/v1/query", body)

    async def control(self, path: str, body: Any = None) -> Any:
        """The control API: GET, or POST when there is a body."""
        url = f"/sandbox/daraja/api/{path}"
        answer = await (self.http.get(url) if body is None else self.http.post(url, json=body))
        answer.raise_for_status()
        return answer.json()

    async def decide(self, action: str, pin: str = "") -> None:
        """Act on the one prompt that is on a screen."""
        (prompt,) = (await self.control("prompts"))["items"]
        await self.control(f"prompts/{prompt['id']}", {"action": action, "pin": pin})


def metadata(callback: dict[str, Any]) -> dict[str, Any]:
    """CallbackMetadata by name; an item without Value is None."""
    return {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}


def parameters(result: dict[str, Any]) -> list[tuple[str, Any]]:
    """ResultParameters in order; an item without Value is None."""
    return [(item["Key"], item.get("Value")) for item in result["ResultParameters"]["ResultParameter"]]


P = ParamSpec("P")


def in_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run an async test in its own event loop."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def whole() -> None:
            await test(*args, **kwargs)

        asyncio.run(whole())

    return run
