"""Stripe's API over HTTP: one dispatcher that disturbs, authenticates, checks, records and answers every call."""

import json
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from sandbox.stripe.access import from_browser
from sandbox.stripe.call import Call
from sandbox.stripe.endpoints import Endpoint, find
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json, StripeRefusal, broken, too_many, unavailable, unknown_url
from sandbox.stripe.events import Cause
from sandbox.stripe.faults import RequestFault
from sandbox.stripe.form import decode
from sandbox.stripe.idempotency import Kept
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.intent_shape import PUBLIC
from sandbox.stripe.journal import Entry, without_card
from sandbox.stripe.lists import expand
from sandbox.stripe.options import API_VERSION
from sandbox.stripe.parameters import read

METHODS = ["GET", "POST", "DELETE"]
ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Stripe-Version, Idempotency-Key",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
}
"""Stripe.js calls from the shop's page, which is on another origin."""


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    form: Json
    key: str
    request_id: str
    authorization: str
    version: str

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        named = {"Idempotency-Key": self.key} if self.key else {}
        return {"Request-Id": self.request_id, "Stripe-Version": self.version, **named, **ANYWHERE}


class CutResponse(Response):
    """Promises a body and sends none: the server closes the connection, the client sees it break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head only."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"300")]})


def api_router(sim: StripeSimulator) -> APIRouter:
    """Stripe's own routes, to be included under the path that the shop's API base ends with (`/stripe`)."""
    router = APIRouter()

    @router.options("/v1/{path:path}", include_in_schema=False)
    async def preflight(path: str) -> Response:
        return Response(status_code=204, headers=ANYWHERE)

    @router.api_route("/v1/{path:path}", methods=METHODS, include_in_schema=False)
    async def dispatch(path: str, request: Request) -> Response:
        asked = Asked(
            request.method,
            f"/v1/{path}",
            {},
            request.headers.get("Idempotency-Key", "") if request.method == "POST" else "",
            new_id("req", 14),
            request.headers.get("Authorization", ""),
            request.headers.get("Stripe-Version", API_VERSION),
        )
        entry = sim.journal.write(sim.now(), "request", f"{request.method} {path}", asked.path, key=asked.key)
        sent = (await request.body()).decode(errors="replace")
        try:
            asked.form = decode(f"{request.url.query}&{sent}")
            entry.body = without_card(asked.form)
            response = await _answer(sim, asked, entry)
        except StripeRefusal as refusal:
            response = _respond(entry, asked, refusal.status, _error_body(refusal, asked))
        _describe(sim, entry)
        return response

    return router


async def _answer(sim: StripeSimulator, asked: Asked, entry: Entry) -> Response:
    path = asked.path.removeprefix("/v1/")
    health = sim.faults.health
    fault = sim.faults.of_request(asked.method, asked.path)
    if health.cut or fault == "cut":
        return _cut(entry, "the connection broke, nothing was done")
    if health.down or fault == "unavailable":
        raise unavailable()
    if fault == "rate_limited":
        raise too_many()
    if fault == "error":
        raise broken()
    found = find(asked.method, path)
    if found is None:
        from_browser(sim.options, asked.authorization, asked.form, public=True)
        raise unknown_url(asked.method, asked.path)
    endpoint, target = found
    browser = from_browser(sim.options, asked.authorization, asked.form, public=endpoint.public)
    values = read(endpoint.shape, asked.form, from_browser=browser)
    call = Call(target, values, Cause(asked.request_id, asked.key or None), browser)
    if not asked.key:
        return await _execute(sim, endpoint, call, asked, entry, fault, None)
    kept = sim.keys.look(asked.key, asked.path, asked.form, sim.now(), sim.scaled(sim.options.key_seconds))
    if kept is not None and kept.status is not None and kept.body is not None:
        replay = {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
        return await _send(sim, entry, asked, kept.status, kept.body, fault, replay)
    kept = sim.keys.begin(asked.key, asked.path, asked.form, asked.request_id, sim.now())
    return await _execute(sim, endpoint, call, asked, entry, fault, kept)


async def _execute(
    sim: StripeSimulator,
    endpoint: Endpoint,
    call: Call,
    asked: Asked,
    entry: Entry,
    fault: RequestFault | None,
    kept: Kept | None,
) -> Response:
    fault = fault or sim.faults.of_metadata(asked.form)
    try:
        if fault == "slow":
            await sim.pause(sim.options.slow_response_seconds)
        if fault in ("rate_limited", "error", "unavailable", "cut"):
            return _turned_away(sim, entry, asked, fault)
        status, body = _work(sim, endpoint, call, asked)
        if fault == "error_after":
            refusal = broken()
            status, body = refusal.status, _error_body(refusal, asked)
        if kept is not None:
            sim.keys.finish(kept, status, body)
    finally:
        if kept is not None and kept.status is None:
            sim.keys.forget(asked.key)
    return await _send(sim, entry, asked, status, body, fault)


def _work(sim: StripeSimulator, endpoint: Endpoint, call: Call, asked: Asked) -> tuple[int, Json]:
    """The answer, errors included; Invalid and the like pass through, so that nothing is kept of them."""
    try:
        view = endpoint.work(sim, call)
        return 200, expand(sim.books, view, call.values.get("expand") or [])
    except StripeRefusal as refusal:
        if refusal.status == 400 and type(refusal) is not StripeRefusal:
            raise
        if call.from_browser and "payment_intent" in refusal.more:
            refusal.more["payment_intent"] = {name: refusal.more["payment_intent"][name] for name in PUBLIC}
        return refusal.status, _error_body(refusal, asked)


def _turned_away(sim: StripeSimulator, entry: Entry, asked: Asked, fault: RequestFault) -> Response:
    if fault == "cut":
        return _cut(entry, "the connection broke, nothing was done")
    refusal = {"rate_limited": too_many, "error": broken, "unavailable": unavailable}[fault]()
    return _respond(entry, asked, refusal.status, _error_body(refusal, asked))


async def _send(
    sim: StripeSimulator,
    entry: Entry,
    asked: Asked,
    status: int,
    body: Json,
    fault: RequestFault | None,
    more: dict[str, str] | None = None,
) -> Response:
    if fault == "lost_response":
        _respond(entry, asked, status, body)
        await sim.pause(sim.options.lost_response_seconds)
        return _cut(entry, "done; the answer was lost on the way")
    return _respond(entry, asked, status, body, more)


def _respond(entry: Entry, asked: Asked, status: int, body: Json, more: dict[str, str] | None = None) -> Response:
    entry.status, entry.answer = status, body
    headers = {**asked.headers, **(more or {})}
    if status == 409:
        headers["Stripe-Should-Retry"] = "true"
    if more:
        entry.note = "the kept answer of this key"
    return Response(json.dumps(body, indent=2), status, headers, "application/json")


def _cut(entry: Entry, note: str) -> CutResponse:
    entry.note = note
    return CutResponse()


def _error_body(refusal: StripeRefusal, asked: Asked) -> Json:
    return {"error": {**refusal.error(), "request_log_url": f"/sandbox/stripe#{asked.request_id}"}}


def _describe(sim: StripeSimulator, entry: Entry) -> None:
    """Note which payment and order a request is about, so that the page can filter."""
    answer = entry.answer if isinstance(entry.answer, dict) else {}
    if answer.get("object") == "list":
        return
    about = answer.get("error", {}).get("payment_intent") or answer
    intent = about.get("payment_intent") if about.get("object") != "payment_intent" else about.get("id")
    if not intent and "/payment_intents/" in entry.url:
        intent = entry.url.split("/")[3]
    known = sim.books.intents.get(intent or "")
    if known:
        entry.about = known.id
        entry.reference = known.metadata.get("order_number") or known.details.get("description") or ""
