"""A security event's name, its day, and what may be kept of a stranger's text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commerce.kernel.errors import InvalidRequest, NotFound
from commerce.security.kinds import LONGEST_BODY, LONGEST_DETAIL, LONGEST_NAME
from commerce.security.model import QUARANTINE, SecurityFact, day_of, read_day

MESSAGE = "0a1b2c3d-0000-4000-8000-00000000000f"
ID = f"20261122T235959000500-{MESSAGE}"
AT = datetime(2026, 11, 22, 23, 59, 59, 500, tzinfo=UTC)


def fact(**more: Any) -> SecurityFact:
    stated = {"kind": "token_refused", "at": AT.timestamp(), "detail": "expired", **more}
    return SecurityFact.model_validate(stated, strict=False)


def test_an_event_is_named_by_its_moment_and_its_message() -> None:
    """Delivered again, it is the same event."""
    assert fact().happened_at == AT
    assert fact().id(MESSAGE) == ID
    assert day_of(ID) == date(2026, 11, 22)


@pytest.mark.parametrize("message", ["", "message-1", MESSAGE.upper(), MESSAGE + "0", MESSAGE[:-1], "x" + MESSAGE])
def test_a_message_of_nobody_we_know_names_no_event(message: str) -> None:
    with pytest.raises(ValueError, match="no message id"):
        fact().id(message)


@pytest.mark.parametrize(
    "event",
    [
        "",
        ID[:-1],
        ID + "0",
        "20261322" + ID[8:],
        "20260230" + ID[8:],
        "２0261122" + ID[8:],
        ID.replace("T", " "),
        ID + "\n",
    ],
)
def test_what_names_no_event(event: str) -> None:
    with pytest.raises(NotFound, match="no such event"):
        day_of(event)


def test_a_day_is_read_as_the_calendar_writes_it() -> None:
    assert read_day("2028-02-29") == date(2028, 2, 29)
    for text in ("2026-02-29", "20261122", "2026-W47-7", "2026-1-2", "", "2026-11-22\n", "２026-11-22"):
        with pytest.raises(InvalidRequest, match="2026-11-22") as refused:
            read_day(text)
        assert refused.value.field == "day"


def test_a_strangers_body_is_kept_for_thirty_days() -> None:
    assert timedelta(days=30) == QUARANTINE


@pytest.mark.parametrize(
    ("member", "longest"),
    [
        ("detail", LONGEST_DETAIL),
        ("body", LONGEST_BODY),
        *((name, LONGEST_NAME) for name in ("who", "subject", "route", "source", "request", "correlation_id")),
    ],
)
def test_texts_have_an_end(member: str, longest: int) -> None:
    assert len(getattr(fact(**{member: "x" * longest}), member)) == longest
    with pytest.raises(ValidationError, match=member):
        fact(**{member: "x" * (longest + 1)})


@pytest.mark.parametrize("member", ["detail", "who", "subject", "route", "source", "request", "correlation_id"])
def test_what_is_told_says_something(member: str) -> None:
    assert getattr(fact(**{member: "x"}), member) == "x"
    with pytest.raises(ValidationError, match=member):
        fact(**{member: ""})


def test_a_body_may_be_empty() -> None:
    assert fact(body="").body == ""


@pytest.mark.parametrize("at", [1_577_836_800, 32_503_679_999.9])
def test_moments_from_2020_until_the_year_3000(at: float) -> None:
    assert fact(at=at).id(MESSAGE).endswith(MESSAGE)


@pytest.mark.parametrize("at", [1_577_836_799.9, 32_503_680_000, float("inf"), float("nan"), -1])
def test_what_is_no_moment(at: float) -> None:
    with pytest.raises(ValidationError, match="at"):
        fact(at=at)


def test_what_was_left_out_is_counted_from_one() -> None:
    assert fact(suppressed=1).suppressed == 1
    with pytest.raises(ValidationError, match="suppressed"):
        fact(suppressed=0)


def test_a_digest_is_a_digest() -> None:
    assert fact(body_sha256="0123456789abcdef" * 4).body_sha256 == "0123456789abcdef" * 4
    for text in ("", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 64 + "\n"):
        with pytest.raises(ValidationError, match="body_sha256"):
            fact(body_sha256=text)
