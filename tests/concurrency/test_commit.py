"""The commit itself: what is tried again, what is not, and which failed condition speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from pynamodb.exceptions import TransactWriteError

from commerce.audit.store import EventLog
from commerce.inventory.model import Hold
from commerce.inventory.store import BucketShort, StockRow
from commerce.kernel.commit import TRIES, Commit, tries
from commerce.kernel.errors import CommitBusy, StaleWrite
from commerce.kernel.events import Event
from commerce.ordering.events import OrderExpired
from tests.support.interleave import WRITE, interleaving, lost_on_the_wire
from tests.support.shop import Shop

SHORT_PAUSES = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")


def event(sequence: int = 1, subject: str = "order/TEST") -> Event:
    return Event.of(
        OrderExpired(order_number="TEST"), subject=subject, sequence=f"{sequence:08d}", at="2026-11-22T09:00:00.000Z"
    )


def commit_of(shop: Shop, *holds: Hold, sequence: int = 1) -> tuple[Commit, list[float]]:
    pauses: list[float] = []
    commit = Commit(shop.database, pause=pauses.append)
    shop.till.stock.reserve(commit, "LAP-1", holds)
    EventLog(shop.database).record(commit, event(sequence))
    return commit, pauses


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.sell("LAP-1", stock=4, buckets=2)
    return shop


def test_without_an_event(stocked: Shop) -> None:
    """Promise 5: no change goes unaudited; nothing is even sent."""
    commit = Commit(stocked.database)
    stocked.till.stock.reserve(commit, "LAP-1", [Hold(0, 1)])
    with interleaving(stocked) as steps, pytest.raises(RuntimeError, match="without an event"):
        commit.send()
    assert steps.calls == []


@pytest.mark.parametrize(
    ("luck", "pauses"),
    [(max, [0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.5]), (min, [0] * 7)],
)
def test_pauses_at_their_longest_and_shortest(
    monkeypatch: pytest.MonkeyPatch, luck: Callable[[float, float], float], pauses: list[float]
) -> None:
    """Each pause is drawn between nothing and a bound that doubles to half a second, so that two who met part."""
    monkeypatch.setattr("random.uniform", luck)
    paused: list[float] = []
    with pytest.raises(CommitBusy):
        for attempt in islice(tries(paused.append), 2 * TRIES):
            with attempt:
                raise CommitBusy
    assert paused == pytest.approx(pauses)


@pytest.mark.parametrize("code", SHORT_PAUSES)
def test_conflict_is_tried_again(stocked: Shop, code: str) -> None:
    """A conflict decided nothing: the same transaction goes again, after a pause that grows."""
    commit, pauses = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps:
        steps.cancel("None", code, nth=1)
        steps.cancel(code, "None", nth=2)
        commit.send()
    assert steps.calls == [WRITE] * 3
    assert len(pauses) == 2
    assert stocked.stock("LAP-1")["reserved"] == 1


@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "InternalServerError",
    ],
)
def test_throttling_is_tried_again(stocked: Shop, code: str) -> None:
    commit, pauses = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps:
        steps.refuse(code, nth=1, status=500 if code == "InternalServerError" else 400)
        commit.send()
    assert (len(steps.calls), len(pauses)) == (2, 1)
    assert stocked.stock("LAP-1")["reserved"] == 1


def test_conflicts_without_end(stocked: Shop) -> None:
    """Promise 6: tries are counted, pauses are short, and then somebody else decides when to come again."""
    commit, pauses = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps, pytest.raises(CommitBusy):
        steps.cancel("TransactionConflict", "None", nth=None)
        commit.send()
    assert len(steps.calls) == TRIES == 8
    assert len(pauses) == TRIES - 1
    assert sum(pauses) < 3
    longest = [min(0.02 * 2**place, 0.5) for place in range(TRIES - 1)]
    assert all(0 <= pause <= most for pause, most in zip(pauses, longest, strict=True)), "20 ms, then twice as long"
    assert stocked.stock("LAP-1")["reserved"] == 0


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_other_errors_are_not_tried_again(stocked: Shop, code: str) -> None:
    commit, pauses = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps, pytest.raises(TransactWriteError):
        steps.refuse(code, nth=None)
        commit.send()
    assert (len(steps.calls), pauses) == (1, [])


def test_unknown_reason_is_not_tried_again(stocked: Shop) -> None:
    commit, _ = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps, pytest.raises(TransactWriteError):
        steps.cancel("None", "ItemCollectionSizeLimitExceeded", nth=None)
        commit.send()
    assert len(steps.calls) == 1


def test_failed_condition_is_not_tried_again(stocked: Shop) -> None:
    commit, pauses = commit_of(stocked, Hold(0, 3))
    with interleaving(stocked) as steps, pytest.raises(BucketShort) as short:
        commit.send()
    assert (short.value.sku, short.value.bucket, short.value.available) == ("LAP-1", 0, 2)
    assert (len(steps.calls), pauses) == (1, [])


def test_failed_condition_speaks_before_a_later_conflict(stocked: Shop) -> None:
    """The write that was added first has decided; what a later one met does not matter. (Sent order: puts first.)"""
    commit, _ = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps, pytest.raises(BucketShort):
        steps.cancel("TransactionConflict", "ConditionalCheckFailed", nth=None)
        commit.send()
    assert len(steps.calls) == 1


def test_conflict_on_an_earlier_write_has_not_spoken_yet(stocked: Shop) -> None:
    """The write that was added first met a conflict: what it would say is open, so the commit is sent again."""
    commit, pauses = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps:
        steps.cancel("ConditionalCheckFailed", "TransactionConflict", nth=1)
        commit.send()
    assert (len(steps.calls), len(pauses)) == (2, 1)


def test_first_added_write_speaks(stocked: Shop) -> None:
    """Whatever the order DynamoDB answers in: puts come before updates on the wire."""
    stocked.till.log.record(taken := Commit(stocked.database), event())
    taken.send()
    commit, _ = commit_of(stocked, Hold(0, 3), Hold(1, 3))
    with pytest.raises(BucketShort) as short:
        commit.send()
    assert short.value.bucket == 0

    commit = Commit(stocked.database)
    EventLog(stocked.database).record(commit, event())
    stocked.till.stock.reserve(commit, "LAP-1", [Hold(0, 3)])
    with pytest.raises(StaleWrite):
        commit.send()
    assert stocked.stock("LAP-1")["available"] == 4


def test_nothing_of_a_failed_commit_is_written(stocked: Shop) -> None:
    """Case 2: the third write fails; the first two and the event are not there."""
    commit, _ = commit_of(stocked, Hold(0, 1), Hold(1, 9))
    with pytest.raises(BucketShort):
        commit.send()
    assert stocked.stock("LAP-1") == {"available": 4, "reserved": 0, "sold": 0, "received": 4}
    assert stocked.till.log.trail("order/TEST") == []


def test_event_sequence_is_taken_once(stocked: Shop) -> None:
    """Promise 5: an event is never overwritten; the change that came second is undone with it."""
    commit_of(stocked, Hold(0, 1))[0].send()
    with pytest.raises(StaleWrite):
        commit_of(stocked, Hold(0, 1))[0].send()
    assert stocked.stock("LAP-1")["reserved"] == 1


def test_answer_lost_on_the_wire(stocked: Shop) -> None:
    """Case 7 at the table: it was written, its answer lost; sent again with the same token it is no news."""
    commit, _ = commit_of(stocked, Hold(0, 1))
    with lost_on_the_wire(stocked) as sent:
        commit.send()
    tokens = {json.loads(body)["ClientRequestToken"] for body in sent}
    assert (len(sent), len(tokens)) == (2, 1)
    assert stocked.stock("LAP-1")["reserved"] == 1


def test_error_after_the_write(stocked: Shop) -> None:
    """DynamoDB fails after it wrote: our own next try carries the same token too, and reserves nothing twice."""
    commit, pauses = commit_of(stocked, Hold(0, 1))
    with interleaving(stocked) as steps:
        steps.spoil("InternalServerError", status=500, nth=1)
        commit.send()
    assert (len(steps.calls), len(pauses)) == (2, 1)
    assert stocked.stock("LAP-1")["reserved"] == 1


def test_token_is_new_for_each_commit(stocked: Shop) -> None:
    """Two commits of the same content are two changes: their tokens differ."""
    with lost_on_the_wire(stocked, times=0) as sent:
        commit_of(stocked, Hold(0, 1), sequence=1)[0].send()
        commit_of(stocked, Hold(0, 1), sequence=2)[0].send()
    assert len({json.loads(body)["ClientRequestToken"] for body in sent}) == 2
    assert stocked.stock("LAP-1")["reserved"] == 2


def test_failed_condition_shows_what_is_stored(stocked: Shop) -> None:
    """ALL_OLD: the meaning of a failure is made from the row as it stood, without another read."""
    rows = stocked.database.bind(StockRow, "stock")
    seen: list[Any] = []

    def meaning(stored: Any) -> Exception:
        seen.append(stored)
        return StaleWrite()

    commit = Commit(stocked.database)
    for key in ("LAP-1#0", "NONE#0"):
        commit.update(rows(key), actions=[rows.sold.add(1)], when=rows.available >= 99, otherwise=meaning)
        EventLog(stocked.database).record(commit, event())
        with pytest.raises(StaleWrite):
            commit.send()
        commit = Commit(stocked.database)
    assert int(seen[0].available) == 2
    assert seen[1] is None


def test_item_that_is_there_is_not_written_over(stocked: Shop) -> None:
    """A whole item is written where its condition holds, and a failure shows what was there."""
    rows = stocked.database.bind(StockRow, "stock")
    seen: list[Any] = []

    def meaning(stored: Any) -> Exception:
        seen.append(stored)
        return StaleWrite()

    def put(key: str, sequence: int) -> None:
        commit = Commit(stocked.database)
        row = rows(key, available=7, reserved=0, sold=0, received=7)
        commit.put(row, when=rows.pk.does_not_exist(), otherwise=meaning)
        EventLog(stocked.database).record(commit, event(sequence))
        commit.send()

    put("NEW#0", 1)
    assert int(rows.get("NEW#0").available) == 7
    with pytest.raises(StaleWrite):
        put("LAP-1#0", 2)
    assert int(seen[0].available) == 2
    assert int(rows.get("LAP-1#0").available) == 2
