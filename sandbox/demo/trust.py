"""The journeys of trust and healing: who is refused, what takes a second factor, what proves itself, what is mended."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from commerce.identity.signed_requests import NONCE, SIGNATURE, TIMESTAMP, canonical, sign
from sandbox.demo.buyer import LOOK_EVERY_SECONDS, PATIENCE_SECONDS, Stuck
from sandbox.demo.scene import Scene, is_paid, refunds_done
from sandbox.demo.staff import Json, Staff, sign_in
from sandbox.stack.door import ERP_KEY, ERP_SIGNS_WITH


async def _forged_and_replayed(scene: Scene) -> str:
    watcher = await sign_in(scene.site, scene.api, f"{uuid.uuid4().hex[:10]}@example.com", ("admin",))
    refused = await scene.api.get("/admin/orders", headers={"Authorization": f"Bearer {_forged(watcher.token)}"})
    scene.must(refused.status_code == httpx.codes.UNAUTHORIZED, f"a forged token was answered {refused.status_code}")
    request = _signed("POST", f"/admin/stock/{scene.sku}/adjustments", {"change": 1, "reason": "Counted by the ERP"})
    done = await scene.api.send(scene.api.build_request(**request))
    scene.must(done.is_success, f"a signed request was answered {done.status_code}: {done.text[:200]}")
    again = await scene.api.send(scene.api.build_request(**request))
    scene.must(_problem(again) == "nonce-spent", f"a replayed request was answered {again.status_code}")
    for kind in ("token_refused", "replay_refused"):
        await _sees(watcher, kind)
    return "a forged token and a replayed request: both refused, both in the security stream"


async def _second_factor(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    without = await scene.staff.ask_refund(buyer.number, everything=True)
    scene.must(_problem(without) == "second-factor-required", f"a refund without a code: {without.text[:200]}")
    scene.must(not (await buyer.look())["refunds"], "a refund was made without a code")
    await scene.staff.refund(buyer.number, everything=True)
    await buyer.wait("refunded", refunds_done(1))
    return "a refund without a one-time code: refused; with one: made"


async def _proved(scene: Scene) -> str:
    buyer = scene.buyer()
    await scene.paid(buyer)
    sound = await scene.staff.audit(buyer.number)
    scene.must(sound["sound"] and sound["checked"] > 1, f"an untouched trail is not sound: {sound['faults']}")
    with scene.saboteur.changed_event(buyer.number, "PaymentConfirmed", receipt="FORGED0001") as event:
        broken = await scene.staff.audit(buyer.number)
    named = [(fault["event"], fault["fault"]) for fault in broken["faults"]]
    scene.must(named == [(event, "changed")], f"event {event} was changed, and named was {named}")
    scene.must((await scene.staff.audit(buyer.number))["sound"], "the trail is not sound again")
    return f"{sound['checked']} events are sound; one changed in the table is named: {event.rpartition('/')[2]}"


async def _healed(scene: Scene) -> str:
    buyer = scene.buyer(by_phone=True)
    with scene.saboteur.stopped("NotifyQueue"):
        await scene.order(buyer, payment={"method": "mpesa", "phone": buyer.phone})
        await buyer.wait("paid", is_paid)
        await scene.saboteur.let_die("NotifyQueue", buyer.number, "PaymentConfirmed")
        scene.must(not scene.books.mails(buyer.number, "Payment received"), "an e-mail was sent by nobody")
    began = time.monotonic()
    case = await _wait("healed", lambda: _case_of(scene.staff, buyer.number))
    await _wait("written to", lambda: _written(scene, buyer.number))
    took = time.monotonic() - began
    return f"an e-mail's message was given up; healing had it {case['action']}d: sent {took:.0f} s later"


def _forged(token: str) -> str:
    """Return a token whose claims are another's, under the signature of the first."""
    head, claims, signature = token.split(".")
    middle = len(claims) // 2
    return f"{head}.{claims[:middle]}{'A' if claims[middle] != 'A' else 'B'}{claims[middle + 1 :]}.{signature}"


def _signed(method: str, path: str, content: Json) -> dict[str, Any]:
    """Return a request as the shop's other programs send it (docs/services.md)."""
    body, now, nonce = json.dumps(content).encode(), int(time.time()), str(uuid.uuid4())
    headers = {
        "content-type": "application/json",
        "idempotency-key": nonce,
        "x-internal-key": ERP_KEY,
        TIMESTAMP: str(now),
        NONCE: nonce,
        SIGNATURE: f"v1={sign(ERP_SIGNS_WITH, canonical(method, path, now, nonce, nonce, body))}",
    }
    return {"method": method, "url": path, "content": body, "headers": headers}


def _problem(answer: httpx.Response) -> str:
    return str(answer.json().get("type", "")).rpartition(":")[2]


async def _sees(watcher: Staff, kind: str) -> None:
    async def found() -> Json | None:
        return next(iter(await watcher.security_events(kind)), None)

    await _wait(f"seen as {kind}", found)


async def _case_of(staff: Staff, number: str) -> Json | None:
    """Return the case of a lost e-mail, once it is healed."""
    cases = await staff.cases("healed")
    return next((case for case in cases if case["order_number"] == number and case["dead_letter"]), None)


async def _written(scene: Scene, number: str) -> Json | None:
    return {"mails": 1} if scene.books.mails(number, "Payment received") == 1 else None


async def _wait(what: str, find: Callable[[], Awaitable[Json | None]]) -> Json:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := await find()) is None:
        if time.monotonic() > deadline:
            raise Stuck(f"it was never {what}")
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return found


#: Every journey by its title.
TRUST: dict[str, Callable[[Scene], Awaitable[str]]] = {
    "Forged and replayed": _forged_and_replayed,
    "Second factor": _second_factor,
    "Trail proved": _proved,
}
#: What stops a worker that others need is played when they are done.
ALONE: dict[str, Callable[[Scene], Awaitable[str]]] = {"Lost message": _healed}
