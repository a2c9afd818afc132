"""Every body of the simulator has the members, types and nulls of what Daraja documents and was recorded to send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sandbox.daraja import DarajaOptions
from sandbox.daraja.stories import STORIES
from tests.contract.daraja.doubles import bodies
from tests.contract.daraja.readings import (
    ACKS,
    CALLBACKS,
    CLAIMED,
    ERRORS,
    LOOKED_UP,
    PUSHED,
    QUERIED,
    REFUSALS,
    RESULTS,
    SPIKE,
    TOKENS,
)
from tests.simulation.daraja_shapes import ABSENT, Shape, read, shape_of
from tests.simulation.daraja_world import HUMAN, World

LATE = DarajaOptions().late_seconds
#: The stories whose bodies differ from one another; all of them with `--thorough`.
ODD = frozenset(
    {
        *("paid", "cancelled", "pending-500", "vendor-code", "code-without-text", "no-operator", "not-a-test-phone"),
        *("metadata-quirks", "metadata-odd", "spike-arrest", "system-busy", "token-killed", "query-busy"),
        *("query-too-early", "already-reversed", "reversal-timed-out"),
    }
)


def texts(paths: Iterable[Path]) -> list[str]:
    return [path.read_text() for path in paths]


def of(word: str, paths: Iterable[Path], *, done: bool) -> list[str]:
    """The Results of one API that ended well, or of all that did not: those say the same whatever was asked."""
    found = [text for text in texts(paths) if ('"ResultParameters"' in text and str(_code(text)) == "0") == done]
    return [text for text in found if word in text] if done else found


def _code(text: str) -> Any:
    return json.loads(text)["Result"]["ResultCode"]


STATUS = (*bodies("transaction_status_result"), *(one for one in bodies("official_doc_samples")
          if one.stem.startswith("TransactionStatus_03")))  # fmt: skip
#: On the wire `expires_in` is a text (provider facts, 1.1); the documentation prints a number.
ON_THE_WIRE = '{"access_token":"as-it-was-sent","expires_in":"3599"}'
SHAPES: dict[str, Shape] = {
    "token": shape_of([*texts(TOKENS), ON_THE_WIRE]),
    "push": shape_of(texts(PUSHED)),
    "query": shape_of([*texts(QUERIED), *(text for text, _ in LOOKED_UP.values())]),
    "taken": shape_of(one for one in texts(ACKS) if "ConversationID" in one.replace("OriginatorCo", "")),
    "refusal": shape_of([*texts(ERRORS), *(text for _, text, *_ in REFUSALS.values() if "errorCode" in text
                        and "fault" not in text)]),
    "gateway": shape_of([SPIKE]),
    "callback": shape_of([*texts(CALLBACKS), *(text for text, _ in CLAIMED.values())]),
    "reversal": shape_of(of("OriginalTransactionID", RESULTS, done=True)),
    "payout": shape_of(of("TransactionReceipt", RESULTS, done=True)),
    "status": shape_of(of("ReceiptNo", STATUS, done=True)),
    "not done": shape_of(of("", [*RESULTS, *STATUS], done=False)),
}  # fmt: skip


class Seen:
    """Every body that a busy simulator sent, and what kind it should be of."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, str]] = []

    def answer(self, kind: str, answer: Any) -> Any:
        if answer.status_code == 200:
            self.bodies.append((kind, answer.text))
        elif answer.status_code == 429:
            self.bodies.append(("gateway", answer.text))
        elif answer.status_code != 503:
            self.bodies.append(("refusal", answer.text))
        return answer

    def posted(self, world: World) -> None:
        for one in world.received:
            kind = one.path.split("/")[-2]
            if kind == "stk" or "stkCallback" in one.raw:
                self.bodies += [("callback", one.raw)] if _is_json(one.raw) else []
                continue
            self.bodies.append((kind if "ResultParameters" in one.raw else "not done", one.raw))
        world.received.clear()


def _is_json(raw: str) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


async def _everything(*, thorough: bool) -> list[tuple[str, str]]:
    seen = Seen()
    for story in (one for one in STORIES if thorough or one.slug in ODD):
        world = World()
        seen.answer("token", await world.sign_in())
        pushed = await world.push(story.number) if story.push.name != "ANSWER_LOST" else None
        checkout = None
        if pushed is not None and pushed.status_code == 200:
            checkout = seen.answer("push", pushed).json()["CheckoutRequestID"]
        elif pushed is not None:
            seen.answer("push", pushed)
        for pause in (0, 16, LATE + 60):
            await world.wait(pause)
            if checkout is not None:
                seen.answer("query", await world.query(checkout))
        seen.posted(world)
        for paid in list(world.daraja.ledger.transactions):
            seen.answer("taken", await world.status(TransactionID=paid.receipt))
            for _ in range(2):
                seen.answer("taken", await world.reverse(paid.receipt, paid.amount))
            await world.wait(60)
        seen.posted(world)
    await _refusals(seen)
    return seen.bodies


async def _refusals(seen: Seen) -> None:
    world = World(DarajaOptions(opening_float=1_000, spike_arrest=True))
    await world.sign_in()
    for originator, amount in (("R1", 100), ("R1", 100), ("R2", 100_000)):
        seen.answer("taken", await world.pay_out(originator, amount))
    seen.answer("taken", await world.pay_out("R3", PartyA="999999"))
    seen.answer("taken", await world.pay_out("R4", InitiatorName="nobody"))
    seen.answer("taken", await world.reverse("UAV0000001", 1))
    seen.answer("taken", await world.status(TransactionID="UAV0000001"))
    await world.wait(60)
    for wrong in ({"Amount": 0}, {"BusinessShortCode": "999999"}, {"Password": "x"}):
        seen.answer("push", await world.push(HUMAN, **wrong))
    for _ in range(2):
        seen.answer("query", await world.query("ws_CO_1"))
    seen.answer("query", await world.post("mpesa/nothing", {}))
    seen.posted(world)


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest) -> list[tuple[str, str]]:
    return asyncio.run(_everything(thorough=request.config.option.thorough))


@pytest.mark.parametrize("kind", SHAPES)
def test_a_body_has_the_members_and_types_of_the_samples(kind: str, seen: list[tuple[str, str]]) -> None:
    sent = [text for of_kind, text in seen if of_kind == kind]
    assert sent
    assert sorted({fault for text in sent for fault in SHAPES[kind].faults(read(text))}) == []


def test_nothing_was_sent_that_is_of_no_kind(seen: list[tuple[str, str]]) -> None:
    assert {kind for kind, _ in seen} == set(SHAPES)


def test_the_shapes_see_a_wrong_member_type_and_null() -> None:
    sample = json.loads(CALLBACKS[1].read_text())
    inside = sample["Body"]["stkCallback"]
    shape = SHAPES["callback"]
    assert shape.faults(read(json.dumps(sample))) == []
    for change, fault in (
        ({"Receipt": 1}, ".Body.stkCallback.Receipt is unknown"),
        ({"ResultCode": None}, ".Body.stkCallback.ResultCode is a null, not a text or whole"),
        ({"CheckoutRequestID": 5}, ".Body.stkCallback.CheckoutRequestID is a whole, not a text"),
        ({"CallbackMetadata": {"Item": [{"Name": "Amount"}]}},
         f".Body.stkCallback.CallbackMetadata.Item[Amount] is {ABSENT}, not fraction or whole"),
        ({"CallbackMetadata": {"Item": [{"Name": "Tip", "Value": 1}]}},
         ".Body.stkCallback.CallbackMetadata.Item[Tip] is whole, not known"),
    ):  # fmt: skip
        assert shape.faults(read(json.dumps({"Body": {"stkCallback": {**inside, **change}}}))) == [fault]
    without = {name: value for name, value in inside.items() if name != "MerchantRequestID"}
    assert shape.faults(read(json.dumps({"Body": {"stkCallback": without}}))) == [
        ".Body.stkCallback.MerchantRequestID is missing"
    ]
