"""A case: found again under one name, in one pair of hands, with pauses that grow, and a memory that ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.healing.model import (
    GLANCE,
    IN_HAND,
    KEPT,
    MOST_ENTRIES,
    WAITING,
    Action,
    Case,
    Finding,
    Kind,
    State,
    case_id,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_case(**more: Any) -> Case:
    finding = Finding(kind=Kind.STUCK_REFUND, sign="open", about="refund/X/1", title="Stuck", detail="It is.")
    stated = {"id": finding.case_id, "finding": finding, "action": Action.REQUEUE, "opened_at": NOW, **more}
    return Case.model_validate(stated)


def test_the_same_found_again_is_the_same_case() -> None:
    case = a_case()
    assert case.finding.case_id == case_id("refund/X/1") == case.id
    assert case_id("refund/X/1") != case_id("refund/X/2")
    assert case.subject == f"case/{case.id}"
    assert case.kind is Kind.STUCK_REFUND


def test_a_case_has_the_name_that_it_always_had() -> None:
    """Cases of earlier releases are found again by it, and it holds nothing of what it is about."""
    assert case_id("refund/X/1") == "c63dce6c78a6d84291ff"


@pytest.mark.parametrize(
    ("state", "waits"),
    [("open", True), ("proposed", True), ("for_person", True), ("healed", False), ("dismissed", False)],
)
def test_a_case_waits_until_it_is_over(state: str, waits: bool) -> None:
    assert a_case(state=state).waiting is waits
    assert (State(state) in WAITING) is waits


def test_one_pair_of_hands_until_its_time_is_up() -> None:
    """A worker that died is taken over: the moment itself is free again."""
    assert not a_case().in_hand(NOW)
    busy = a_case(busy_until=NOW)
    assert busy.in_hand(NOW - MINUTE)
    assert not busy.in_hand(NOW)


def test_each_change_counts_and_is_remembered() -> None:
    case = a_case().step("approved", "staff-1", NOW, before={"state": "open"}, after={"state": "sent"}, approvals=1)
    assert (case.version, case.approvals) == (2, 1)
    assert [entry.model_dump() for entry in case.history] == [
        {
            "at": "2026-11-22T09:00:00.000Z",
            "what": "approved",
            "by": "staff-1",
            "before": {"state": "open"},
            "after": {"state": "sent"},
        }
    ]
    bare = case.step("looked", "shop", NOW)
    assert (bare.version, bare.history[-1].before, bare.history[-1].after) == (3, {}, {})


def test_a_case_remembers_its_last_thirty_changes() -> None:
    case = a_case()
    for number in range(31):
        case = case.step(f"change {number}", "shop", NOW)
    assert case.version == 32
    assert [entry.what for entry in case.history] == [f"change {number}" for number in range(1, 31)]
    assert MOST_ENTRIES == 30


@pytest.mark.parametrize(
    ("tries", "minutes"), [(0, 5), (1, 20), (2, 80), (3, 320), (4, 1280), (5, 1440), (8, 1440), (10**9, 1440)]
)
def test_pauses_grow_fourfold_to_a_day(tries: int, minutes: int) -> None:
    """Promise 6: nothing turns in circles; nor does a large count cost anything."""
    assert a_case(tries=tries).pause() == minutes * MINUTE
    assert a_case(approvals=tries).pause() == minutes * MINUTE


@given(st.integers(0, 20), st.integers(0, 20))
def test_a_persons_tries_count_as_the_shops_own(tries: int, approvals: int) -> None:
    assert a_case(tries=tries, approvals=approvals).pause() == a_case(tries=tries + approvals).pause()


def test_how_long_things_last() -> None:
    assert timedelta(days=30) == KEPT, "what a dead letter said may hold personal data"
    assert timedelta(minutes=3) == IN_HAND
    assert timedelta(hours=6) == GLANCE


def test_what_a_message_said_is_not_printed() -> None:
    finding = Finding(kind=Kind.DEAD_LETTER, sign="readable", about="x", title="t", detail="d", body="254712345678")
    assert "254712345678" not in repr(finding)
