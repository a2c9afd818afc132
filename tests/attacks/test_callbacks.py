"""Callbacks that are forged, replayed, out of order, oversized or malformed, against all four webhooks.

Each leaves exactly the security event that it should, and moves nothing: what is let in is queued as a hint, and what a
hint claims is asked of the provider (promise 4).
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from commerce.ordering.model import OrderStatus
from commerce.payments.links import Purpose
from commerce.payments.messages import CheckMessage
from commerce.payments.port import Paid
from commerce.runtime.stripe_webhook import LARGEST_EVENT
from commerce.runtime.webhook import LARGEST_CALLBACK
from tests.attacks.invariants import assert_harmless
from tests.attacks.scene import Scene
from tests.support.gateway import Reply

JSON = ("content-type", "application/json")


@dataclass(frozen=True)
class Hook:
    """One webhook, and how its provider would call it.

    Parameters
    ----------
    address
        Where it is called about an order of the scene.
    queue
        Where what is let in goes.
    source
        An address on its source list.
    forged
        What a request is told as that its provider never sent.
    header, secret
        How it is signed; neither where the path is the secret.
    says
        What an honest body is, about an order.
    """

    address: Callable[[Scene, str], str]
    queue: str
    source: str
    forged: str
    largest: int
    says: Callable[[str], dict[str, Any]]
    header: str | None = None
    secret: str = ""

    def post(self, scene: Scene, body: bytes, *, to: str | None = None, **how: Any) -> Reply:
        """Post a body as the provider does; `at` is when it is signed, `secret` and `source` are who else does it."""
        address = to if to is not None else self.address(scene, scene.open)
        # What is no text API Gateway hands over as it came, where nobody says that it is JSON.
        headers = [JSON] if body.isascii() else [("content-type", "application/octet-stream")]
        if self.header is not None:
            moment = int(time.time()) + how.get("at", 0)
            key = how.get("secret", self.secret).encode()
            digest = hmac.new(key, f"{moment}.".encode() + body, "sha256").hexdigest()
            headers.append((self.header, f"t={moment},v1={digest}"))
        return scene.ask("POST", address, headers=headers, body=body, source=how.get("source", self.source))


def _token(purpose: Purpose) -> Callable[[Scene, str], str]:
    def address(scene: Scene, number: str) -> str:
        path = scene.world.shop.till.links.address(purpose, number, 1)
        return "/hooks/" + path.split("/hooks/")[1] + ("" if purpose is Purpose.PAYMENT else "/result")

    return address


def _stk(number: str) -> dict[str, Any]:
    items = [{"Name": "Amount", "Value": 1.0}, {"Name": "MpesaReceiptNumber", "Value": "TKMFORGED1"}]
    inside = {"MerchantRequestID": "1-1-1", "CheckoutRequestID": "ws_CO_1", "ResultCode": 0, "ResultDesc": "Paid."}
    return {"Body": {"stkCallback": {**inside, "CallbackMetadata": {"Item": items}}}}


def _result(number: str) -> dict[str, Any]:
    names = {"OriginatorConversationID": f"{number}-R1", "ConversationID": "AG_1", "TransactionID": "TKM5D6E7F8"}
    return {"Result": {"ResultType": 0, "ResultCode": 0, "ResultDesc": "Done.", **names}}


def _stripe(number: str) -> dict[str, Any]:
    about = {"id": "pi_1", "object": "payment_intent", "metadata": {"order_number": number, "attempt": "1"}}
    return {"id": "evt_forged", "type": "payment_intent.succeeded", "data": {"object": about}}


def _parcel(number: str) -> dict[str, Any]:
    where = {"reference": f"{number}-S1", "tracking": "L-1", "status": "delivered"}
    return {"id": "r-1", **where, "occurred_at": "2026-11-22T12:00:00Z"}


HOOKS = {
    "stk": Hook(
        _token(Purpose.PAYMENT), "verify", "196.201.214.200", "callback_forged", LARGEST_CALLBACK, _stk
    ),
    "daraja": Hook(
        _token(Purpose.REFUND), "refund", "196.201.214.206", "callback_forged", LARGEST_CALLBACK, _result
    ),
    "stripe": Hook(
        lambda *_: "/hooks/stripe", "verify", "3.18.12.63", "signature_refused", LARGEST_EVENT, _stripe,
        "stripe-signature", "whsec_current",
    ),
    "carrier": Hook(
        lambda *_: "/hooks/carriers/dhl", "carrier", "165.72.200.14", "signature_refused", LARGEST_CALLBACK, _parcel,
        "salama-signature", "dhl-new",
    ),
}  # fmt: skip
every_hook = pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
tokens = pytest.mark.parametrize("hook", [HOOKS["stk"], HOOKS["daraja"]], ids=["stk", "daraja"])
signed = pytest.mark.parametrize("hook", [HOOKS["stripe"], HOOKS["carrier"]], ids=["stripe", "carrier"])


def honest(scene: Scene, hook: Hook) -> bytes:
    return json.dumps(hook.says(scene.open)).encode()


def refused(scene: Scene, reply: Reply, kind: str, what: str = "") -> None:
    """Check that a request was turned away, with one security event, and nothing else came of it."""
    assert 400 <= reply.status < 500, what
    assert_harmless(scene, reply, what=what)
    assert scene.kinds == [kind], what
    scene.forget()


@every_hook
def test_an_honest_one_is_queued_and_moves_nothing(scene: Scene, hook: Hook) -> None:
    before = scene.rows()
    reply = hook.post(scene, honest(scene, hook))
    assert reply.status == 200
    assert scene.written == [hook.queue]
    assert scene.kinds == []
    assert scene.rows() == before


@tokens
def test_a_guessed_address(scene: Scene, hook: Hook) -> None:
    before, right = scene.rows(), hook.address(scene, scene.open)
    head, _, token = right.removesuffix("/result").rpartition("/")
    end = "/result" if right.endswith("/result") else ""
    other = hook.address(scene, scene.theirs).removesuffix("/result").rpartition("/")[2]
    guesses = [
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        other[:15] + token[15:],
        token[:13] + "02" + token[15:],
        "0" * len(token),
        token.upper(),
        token + "00",
        token[:40],
        "%2e%2e",
        scene.open,
        "None",
    ]
    for guess in guesses:
        if guess != token:
            refused(scene, hook.post(scene, honest(scene, hook), to=f"{head}/{guess}{end}"), hook.forged, guess)
    assert scene.rows() == before


@tokens
def test_an_address_for_something_else(scene: Scene, hook: Hook) -> None:
    other = HOOKS["daraja" if hook is HOOKS["stk"] else "stk"].address(scene, scene.open)
    token = other.removeprefix("/hooks/").split("/")[1]
    mine = hook.address(scene, scene.open).split("/")
    mine[3] = token
    refused(scene, hook.post(scene, honest(scene, hook), to="/".join(mine)), hook.forged)


@signed
def test_a_signature_of_somebody_else(scene: Scene, hook: Hook) -> None:
    before = scene.rows()
    body = honest(scene, hook)
    refused(scene, hook.post(scene, body, secret="guessed"), hook.forged)
    refused(scene, hook.post(scene, body, secret=""), hook.forged)
    refused(scene, scene.ask("POST", hook.address(scene, ""), headers=[JSON], body=body), hook.forged)
    for value in ("", "t=1", "v1=1", "t=,v1=", f"t={int(time.time())},v1={'0' * 64}", "t=1" * 900, "é"):
        reply = scene.ask(
            "POST", hook.address(scene, ""), headers=[JSON, (str(hook.header), value)], body=body, source=hook.source
        )
        refused(scene, reply, hook.forged, value)
    assert scene.rows() == before


@signed
@pytest.mark.parametrize("at", [-301, 310, -86_400])
def test_a_recording_that_is_played_again_later(scene: Scene, hook: Hook, at: int) -> None:
    refused(scene, hook.post(scene, honest(scene, hook), at=at), hook.forged)


@signed
def test_a_body_that_was_changed_on_its_way(scene: Scene, hook: Hook) -> None:
    body, moment = honest(scene, hook), int(time.time())
    digest = hmac.new(hook.secret.encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
    headers = [JSON, (str(hook.header), f"t={moment},v1={digest}")]
    for changed in (body.replace(scene.open.encode(), scene.theirs.encode()), body + b" ", b"", body[:-1]):
        reply = scene.ask("POST", hook.address(scene, ""), headers=headers, body=changed, source=hook.source)
        refused(scene, reply, hook.forged)


def test_a_carrier_that_nobody_knows(scene: Scene) -> None:
    hook = HOOKS["carrier"]
    for name in ("g4s", "wells_fargo", "nobody", "%2e%2e", "dhl%00"):
        refused(scene, hook.post(scene, honest(scene, hook), to=f"/hooks/carriers/{name}"), hook.forged, name)


@every_hook
def test_a_body_beyond_all_measure(scene: Scene, hook: Hook) -> None:
    before = scene.rows()
    refused(scene, hook.post(scene, b" " * (hook.largest + 1)), "body_too_large")
    assert scene.rows() == before


MALFORMED = [
    *(b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe\x00", b"[" * 9_000, b'{"a":' * 2_000, b"<xml/>", b"a=b&c=d"),
    *(b'{"id":"evt_1","id":"evt_2"}', b'{"ResultCode":NaN}', b"9" * 5_000, b'{"Body":[]}', b'{"Result":7}'),
]


@every_hook
@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:20]))
def test_a_body_that_nobody_can_read_is_put_into_quarantine(scene: Scene, hook: Hook, body: bytes) -> None:
    before = scene.rows()
    reply = hook.post(scene, body)
    assert reply.status < 500
    assert_harmless(scene, reply, what=repr(body))
    assert scene.kinds == ["callback_unreadable"]
    # Of M-Pesa's the address says already which attempt or refund to look at.
    assert scene.written == ([hook.queue] if hook.header is None else [])
    assert scene.rows() == before


@every_hook
@pytest.mark.parametrize("added", [b'"x":1,"x":2,', b'"x":NaN,', b'"x":{"y":1,"y":1},'], ids=["twice", "NaN", "within"])
def test_what_two_readers_might_read_differently(scene: Scene, hook: Hook, added: bytes) -> None:
    reply = hook.post(scene, honest(scene, hook).replace(b"{", b"{" + added, 1))
    assert_harmless(scene, reply, what=repr(added))
    assert scene.kinds == ["callback_unreadable"]
    scene.forget()
    assert hook.post(scene, honest(scene, hook).replace(b"{", b'{"x":1,', 1)).status == 200
    assert scene.kinds == [], "what the shop does not know is no fault"


@every_hook
def test_one_from_elsewhere(scene: Scene, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    body = honest(scene, hook)
    assert hook.post(scene, body, source="203.0.113.9").status == 200
    assert scene.kinds == ["callback_source"]
    scene.forget()
    monkeypatch.setenv("CALLBACK_SOURCE_MODE", "enforce")
    refused(scene, hook.post(scene, body, source="203.0.113.9"), "callback_source")
    lies = [("x-forwarded-for", hook.source), ("x-real-ip", hook.source), ("forwarded", f"for={hook.source}")]
    reply = scene.ask("POST", hook.address(scene, scene.open), headers=[JSON, *lies], body=body, source="203.0.113.9")
    refused(scene, reply, "callback_source" if hook.header is None else hook.forged)


def test_a_claim_of_money_that_never_moved(scene: Scene) -> None:
    """Whoever learns an address, a buyer with a phone in debug mode perhaps, can claim; the provider is asked."""
    shop, hook = scene.world.shop, HOOKS["stk"]
    assert hook.post(scene, honest(scene, hook)).status == 200
    [message] = [CheckMessage.from_json(body) for body in scene.world.receive("verify")][-1:]
    assert message.claim is not None
    assert message.claim.code == "0"
    shop.verify_number(scene.open, 1, message.claim)
    assert status_of(scene, scene.open) is OrderStatus.PENDING_PAYMENT


def test_genuine_ones_again_and_out_of_order_change_nothing_more(scene: Scene) -> None:
    """Paid; then the same callback twice, then an older failure, each to its end: one settlement, no step back."""
    shop, hook = scene.world.shop, HOOKS["stk"]
    placed = shop.order("played again", ("THING-1", 1))
    number = placed.order.number
    to = hook.address(scene, number)
    shop.provider.on_look_up = lambda _: Paid()
    try:
        hook.post(scene, honest(scene, hook), to=to)
        work(scene, number)
        assert status_of(scene, number) is OrderStatus.PROCESSING
        settled = scene.rows()
        failed = {"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_1", "ResultCode": 1032}}}
        for body in (honest(scene, hook), honest(scene, hook), json.dumps(failed).encode(), b"{"):
            assert hook.post(scene, body, to=to).status == 200
            work(scene, number)
        assert scene.rows() == settled
    finally:
        shop.provider.on_look_up = None
    assert scene.kinds == ["callback_unreadable"], "what is genuine and comes again is nothing to tell of"


def work(scene: Scene, number: str) -> None:
    """Do what the checks worker does with what waits for it about an order."""
    messages = [CheckMessage.from_json(body) for body in scene.world.receive("verify")]
    mine = [message for message in messages if message.order_number == number]
    assert mine
    for message in mine:
        scene.world.shop.verify_number(number, message.attempt, message.claim)


def status_of(scene: Scene, number: str) -> OrderStatus:
    account = scene.world.shop.till.payments.account(number)
    assert account is not None
    return account.order.status
