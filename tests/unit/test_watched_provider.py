"""A watched provider answers as it would unwatched, and every call is noted: once, with how it came out."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.kernel.money import Currency, Money
from commerce.payments.port import (
    Doubtful,
    LookUpRequest,
    OutcomeUnknown,
    Paid,
    Pending,
    Prompted,
    RecordRequest,
    References,
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundRequest,
    RefundUnknown,
    Refused,
    StartRequest,
    Statement,
)
from commerce.payments.registry import ProviderContext, providers
from commerce.payments.watched_provider import WatchedProvider, outcome_class
from tests.support.providers import ScriptedProvider

KES = Money(150_000, Currency.KES)
START = StartRequest("ABCDEFGHJK", 1, KES, "https://shop.test/hooks/stk/x", "Order", phone="+254712345678")
REFUND = RefundRequest(
    "ABCDEFGHJK", "ABCDEFGHJK-R1", References(), "TKL1", KES, KES, "https://a.test", "https://b.test", "Refund"
)
RESULT = '{"Result": {"ConversationID": "AG_1", "ResultCode": 1}}'
RECORD = RecordRequest("TKL1", "https://a.test", "https://b.test", "Order")


class Books(list[tuple[str, str, str]]):
    """Keeps what was noted, without the seconds, which are checked at once."""

    def note(self, provider: str, operation: str, outcome: str, seconds: float) -> None:
        assert 0 <= seconds < 5
        self.append((provider, operation, outcome))


@pytest.mark.parametrize(
    ("operation", "answer", "outcome"),
    [
        ("start", Prompted(References()), "ok"),
        ("start", Paid(), "ok"),
        ("start", Refused("1037", "no_answer"), "refused"),
        ("start", Refused("401", "shop_misconfigured"), "failed"),
        ("start", Refused("ConnectError", "provider_unavailable"), "failed"),
        ("start", OutcomeUnknown("ReadTimeout"), "unknown"),
        ("look_up", Paid(), "ok"),
        ("look_up", Refused("1025", "provider_unavailable"), "refused"),
        ("look_up", Pending("4999"), "pending"),
        ("look_up", Pending("ReadTimeout", failed=True), "failed"),
        ("cancel", Doubtful("another amount"), "doubtful"),
        ("refund", RefundAccepted("AG_1"), "ok"),
        ("refund", RefundDone(), "ok"),
        ("refund", RefundImpossible("2001", "initiator_refused"), "refused"),
        ("refund", RefundImpossible("401", "shop_misconfigured"), "failed"),
        ("refund", RefundUnknown("HTTP 500"), "unknown"),
        ("ask_for_record", True, "ok"),
        ("ask_for_record", False, "failed"),
        ("statement", Statement(150_000), "ok"),
        ("statement", None, "failed"),
    ],
)
def test_how_a_call_came_out(operation: str, answer: object, outcome: str) -> None:
    assert outcome_class(operation, answer) == outcome


def test_every_call_is_noted_and_answered_as_it_was() -> None:
    books, scripted = Books(), ScriptedProvider()
    scripted.on_start = lambda _: Refused("1032", "cancelled")
    scripted.on_look_up = lambda _: Paid("TKL1")
    watched = WatchedProvider(scripted, books.note)
    assert (watched.name, watched.capabilities) == ("daraja", scripted.capabilities)
    assert watched.start(START) == Refused("1032", "cancelled")
    assert watched.look_up(LookUpRequest(START, References())) == Paid("TKL1")
    assert watched.cancel(LookUpRequest(START, References())) == Paid("TKL1")
    assert watched.refund(REFUND) == RefundAccepted("AG_1")
    assert watched.ask_for_record(RECORD) == scripted.ask_for_record(RECORD)
    assert watched.statement("TKL1") == scripted.statement("TKL1")
    assert [operation for _, operation, _ in books] == [
        *("start", "look_up", "cancel", "refund", "ask_for_record", "statement")
    ]
    assert books[:2] == [("daraja", "start", "refused"), ("daraja", "look_up", "ok")]


def test_what_asks_nobody_is_not_noted() -> None:
    books, scripted = Books(), ScriptedProvider()
    watched = WatchedProvider(scripted, books.note)
    assert watched.interpret_refund(RESULT, timed_out=True) == scripted.interpret_refund(RESULT, timed_out=True)
    assert watched.read_record(RESULT) == scripted.read_record(RESULT)
    assert not books


def test_what_raises_is_noted_and_raised() -> None:
    books, scripted = Books(), ScriptedProvider()

    def broken(_: StartRequest) -> Any:
        raise RuntimeError("broken")

    scripted.on_start = broken
    with pytest.raises(RuntimeError, match="broken"):
        WatchedProvider(scripted, books.note).start(START)
    assert books == [("daraja", "start", "raised")]


def test_the_registry_watches_every_provider_it_builds() -> None:
    books = Books()
    found = providers(ProviderContext({}, None, None, lambda _: {}, books.note))  # type: ignore[arg-type]
    for method in found:
        provider = found[method]
        assert isinstance(provider, WatchedProvider)
        provider.statement("TKL1")
    assert [operation for _, operation, _ in books] == ["statement"] * len(found)
    assert len(found) >= 1
