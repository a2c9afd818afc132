"""The provider's API over HTTP: one dispatcher that authenticates, records and answers every request."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from sandbox.daraja.engine import Daraja
from sandbox.daraja.faults import UNAVAILABLE, Answer, Json, Refusal, bad_payload, dead_token, dead_token_of_status
from sandbox.daraja.journal import Entry
from sandbox.daraja.payout import pay_out
from sandbox.daraja.reversal import reverse
from sandbox.daraja.stk_push import push_stk
from sandbox.daraja.stk_query import query_stk
from sandbox.daraja.transaction_status import show_transaction

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
OAUTH = "oauth/v1/generate"


@dataclass(frozen=True)
class Endpoint:
    """One POST endpoint: its name in the journal, its work, and how it refuses a dead token."""

    name: str
    work: Callable[[Daraja, Json], Awaitable[Answer]]
    dead_token: Callable[[], Refusal] = dead_token


ENDPOINTS = {
    "mpesa/stkpush/v1/processrequest": Endpoint("stk_push", push_stk),
    "mpesa/stkpushquery/v1/query": Endpoint("stk_query", query_stk),
    "mpesa/reversal/v1/request": Endpoint("reversal", reverse),
    "mpesa/b2c/v3/paymentrequest": Endpoint("payout", pay_out),
    "mpesa/transactionstatus/v1/query": Endpoint("transaction_status", show_transaction, dead_token_of_status),
}


class CutResponse(Response):
    """Promises a body and sends none: the server closes the connection, the client sees it break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head only."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"300")]})


def api_router(daraja: Daraja) -> APIRouter:
    """The routes of the provider, to be included under the path that the shop's base URL ends with (`/daraja`)."""
    router = APIRouter()

    @router.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    async def dispatch(path: str, request: Request) -> Response:
        endpoint = ENDPOINTS.get(path)
        name = "oauth" if path == OAUTH else endpoint.name if endpoint else "unknown"
        body = _read(await request.body())
        entry = daraja.journal.write(daraja.now(), "request", name, f"{request.method} /{path}", body=body)
        _describe(daraja, entry, body)
        try:
            answer = await _answer(daraja, request, path, endpoint, body)
        except Refusal as refusal:
            answer = refusal.answer()
        return _respond(entry, answer)

    return router


def _read(content: bytes) -> Json | str | None:
    try:
        body = json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")[:2_000]
    return body if isinstance(body, dict) else str(body) if body is not None else None


def _describe(daraja: Daraja, entry: Entry, body: Json | str | None) -> None:
    """Note whose phone and which order a request is about, so that the log page can filter."""
    if not isinstance(body, dict):
        return
    pushes = daraja.pushes.by_checkout(str(body.get("CheckoutRequestID", "")))
    by_receipt = daraja.pushes.by_receipt(str(body.get("TransactionID", "")))
    about = pushes[-1] if pushes else by_receipt
    if entry.api in ("stk_push", "payout"):
        entry.phone = str(body.get("PhoneNumber") or body.get("PartyB") or "")
        entry.reference = str(body.get("AccountReference") or body.get("Occassion") or "")
    elif about:
        entry.phone, entry.reference = about.phone, about.reference


async def _answer(
    daraja: Daraja, request: Request, path: str, endpoint: Endpoint | None, body: Json | str | None
) -> Answer:
    if daraja.provider.down:
        return UNAVAILABLE
    if endpoint is None and path != OAUTH:
        raise Refusal(404, "404.001.01", "Resource not found")
    if request.method != ("GET" if endpoint is None else "POST"):
        raise Refusal(405, "405.001", "Method Not Allowed")
    authorization = request.headers.get("Authorization", "")
    if endpoint is None:
        grant_type = request.query_params.get("grant_type", "")
        return daraja.tokens.issue(authorization, grant_type, daraja.now())
    daraja.tokens.check(authorization, daraja.now(), endpoint.dead_token())
    if not isinstance(body, dict):
        raise bad_payload()
    return await endpoint.work(daraja, body)


def _respond(entry: Entry, answer: Answer) -> Response:
    if answer.cut:
        entry.note = "the answer was lost on the way"
        return CutResponse()
    entry.status = answer.status
    if answer.body is None:
        entry.answer = answer.text
        return Response(answer.text, answer.status, media_type="text/plain")
    entry.answer = {name: "hidden" if name == "access_token" else value for name, value in answer.body.items()}
    return Response(json.dumps(answer.body), answer.status, media_type="application/json")
