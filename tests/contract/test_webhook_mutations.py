"""What the webhooks themselves do with samples that have something wrong in them: 200, one message, and no more in it.

A callback that Daraja or Stripe was told is well is gone. So whatever it holds, the look it asks for is queued.
"""

from __future__ import annotations

import hmac
import importlib
import json
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from commerce.payments.links import CallbackLinks, Purpose
from commerce.payments.messages import CheckMessage, RefundMessage, StatementMessage, read_refund_message
from commerce.payments.port import PaymentClaim
from commerce.runtime import aws, queues, security
from tests.contract.daraja.readings import CALLBACKS, RECORDS, RESULTS
from tests.contract.daraja.readings import readings as darajas
from tests.contract.mutations import broken, mutants
from tests.contract.readings import SPOILING, Reading, Wrong
from tests.contract.safe_side import Nothing, Said, worse
from tests.contract.stripe.doubles import CHARGE, NUMBER
from tests.contract.stripe.readings import readings as stripes
from tests.support.tally import Tally

ENVIRONMENT = {
    "DARAJA_SECRET_ID": "daraja",
    "STRIPE_SECRET_ID": "stripe",
    "CALLBACK_SOURCE_MODE": "log",
    **{f"{name}_QUEUE_URL": name for name in ("VERIFY", "REFUND", "SECURITY")},
}
LINKS = CallbackLinks("", ["key"])
LARGEST = 16 * 1024
HOOKS: dict[str, tuple[str, Purpose | None]] = {
    **dict.fromkeys((f"{one.parent.name}/{one.stem}" for one in CALLBACKS), ("receive_stk_callback", Purpose.PAYMENT)),
    **dict.fromkeys((f"{one.parent.name}/{one.stem}" for one in RESULTS), ("receive_daraja_result", Purpose.REFUND)),
    **dict.fromkeys((f"{one.parent.name}/{one.stem}" for one in RECORDS), ("receive_daraja_result", Purpose.RECORD)),
}


class Queues:
    """Keeps what was sent, but for what is told to the security desk."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send_message(self, QueueUrl: str, MessageBody: str, **_: Any) -> None:
        if QueueUrl != "SECURITY":
            self.sent.append((QueueUrl, MessageBody))


@pytest.fixture(scope="module")
def posts() -> Iterator[Queues]:
    made = Queues()
    secrets = {"daraja": {"callback_key": "key"}, "stripe": {"webhook_secrets": "whsec"}}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        for module in (queues, security):
            patch.setattr(module, "client", lambda _: made)
        patch.setattr(aws, "_secrets", {name: (time.monotonic(), value) for name, value in secrets.items()})
        patch.setattr(aws, "SECRET_SECONDS", 1e9)
        yield made


def post(posts: Queues, function: str, body: bytes, purpose: Purpose | None) -> list[Any]:
    """Post a body as its provider does; return what was queued for it."""
    moment = int(time.time())
    text = body.decode(errors="replace")
    digest = hmac.new(b"whsec", f"{moment}.".encode() + text.encode(), "sha256").hexdigest()
    token = LINKS.address(purpose, NUMBER, 1).rsplit("/", 1)[1] if purpose else ""
    event = {
        "headers": {"stripe-signature": f"t={moment},v1={digest}"},
        "pathParameters": {"token": token, "kind": "record" if purpose is Purpose.RECORD else "result"},
        "requestContext": {"http": {"sourceIp": "196.201.214.200"}},
        "body": text,
        "isBase64Encoded": False,
    }
    posts.sent.clear()
    answer = importlib.import_module(f"functions.{function}.app").lambda_handler(event, None)
    assert answer["statusCode"] == 200, answer
    return [
        CheckMessage.from_json(text) if queue == "VERIFY" else read_refund_message(text) for queue, text in posts.sent
    ]


def spoiled(reading: Reading, dice: Random, share: int) -> list[tuple[Wrong, bytes]]:
    """Return a share of what can be wrong with a sample, and all that can be wrong with its text."""
    made = list(mutants(reading.sample))
    chosen = made if share >= len(made) else dice.sample(made, share)
    several = [((one.kind, one.names, one.planted), one.body) for one in chosen]
    several += [((kind, (), None), body) for kind, body in broken(reading.text.strip(), 4)]
    return [(wrong, body) for wrong, body in several if len(body) < LARGEST]


@pytest.mark.parametrize("reading", [one for one in darajas() if one.name in HOOKS], ids=lambda one: one.name)
def test_a_spoiled_report_of_darajas_is_queued_once_and_claims_no_more(
    reading: Reading, posts: Queues, thorough: bool, dice: Random, tally: Tally
) -> None:
    function, purpose = HOOKS[reading.name]
    tries = spoiled(reading, dice, 5_000 if thorough else 25)
    for (kind, names, planted), body in tries:
        (message,) = post(posts, function, body, purpose)
        if isinstance(message, RefundMessage):
            wanted = "record" if purpose is Purpose.RECORD else "result"
            assert (message.order_number, message.number, message.kind) == (NUMBER, 1, wanted)
            # What is queued is what came: the reader of the queue is the one that was tried on it.
            assert (message.result or "").encode() == body.decode(errors="replace").encode()
            continue
        assert (message.order_number, message.attempt) == (NUMBER, 1)
        claim = message.claim or Nothing()
        assert worse(reading.before, claim, Said([planted] if planted else [])) is None, (kind, names)
        if not reading.decides(names) and kind not in SPOILING:
            assert claim == reading.before, (kind, names)
    tally.add("spoiled bodies posted to webhooks", len(tries))


@pytest.mark.parametrize(
    "reading", [one for one in stripes() if one.name.startswith("event:")], ids=lambda one: one.name
)
def test_a_spoiled_event_of_stripes_is_queued_as_what_it_is_or_not_at_all(
    reading: Reading, posts: Queues, thorough: bool, dice: Random, tally: Tally
) -> None:
    whole = post(posts, "receive_stripe_event", reading.text.encode(), None)
    assert len(whole) == (0 if "no interest" in reading.name else 1)
    tries = spoiled(reading, dice, 5_000 if thorough else 60)
    for (kind, names, planted), body in tries:
        queued = post(posts, "receive_stripe_event", body, None)
        said = Said([planted] if planted else [])
        if not reading.decides(names) and kind not in SPOILING:
            assert queued == whole, (kind, names)
        for message in queued:
            assert type(message) is type(whole[0])
            assert not isinstance(message, RefundMessage | PaymentClaim)
            if isinstance(message, StatementMessage):
                assert message.receipt == CHARGE or said.allows(message.receipt), (kind, names)
            else:
                assert (message.order_number, message.attempt) == (NUMBER, 1), (kind, names)
                assert message.claim is None
    tally.add("spoiled bodies posted to webhooks", len(tries))


def test_what_is_posted_is_looked_at(posts: Queues) -> None:
    """The samples themselves lead to what they say."""
    paid = next(path for path in CALLBACKS if "Successful" in path.stem and "Unsuccessful" not in path.stem)
    (message,) = post(posts, "receive_stk_callback", paid.read_bytes(), Purpose.PAYMENT)
    said = json.loads(paid.read_text())["Body"]["stkCallback"]
    assert (message.claim.code, message.claim.receipt, message.claim.amount) == ("0", "NLJ5AM66QX", 100)
    assert message.claim.references.payment_id == said["CheckoutRequestID"]
