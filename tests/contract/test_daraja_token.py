"""One token for all workers: shared, refreshed by one at a time, replaced once killed (provider facts, 1.1)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from commerce.payments.providers.daraja.failures import TokenUnavailable
from commerce.payments.providers.daraja.token import LOOKS, Grant, SharedToken, read_grant
from commerce.payments.providers.daraja.wire import Answer
from tests.contract.daraja.doubles import BODIES, NOW, MemoryStore, StillClock

T = TypeVar("T")
WORKERS = 8
LATER = NOW + timedelta(minutes=30)


class Issuer:
    """Hands out tokens and kills the last one, as Daraja does."""

    def __init__(self, lifetime: int = 3599) -> None:
        self.lifetime = lifetime
        self.issued = 0
        self.lock = threading.Lock()

    def __call__(self) -> Grant:
        with self.lock:
            self.issued += 1
            return Grant(f"token-{self.issued}", self.lifetime)

    @property
    def living(self) -> str:
        return f"token-{self.issued}"


def no_pause(seconds: float) -> None:
    """Waits for nothing."""


def at_once(work: Callable[[int], str], count: int = WORKERS) -> list[str]:
    """Run the work in threads that all start together."""
    barrier = threading.Barrier(count)

    def run(index: int) -> str:
        barrier.wait(10)
        return work(index)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_a_token_is_fetched_once_and_then_kept_in_memory() -> None:
    issuer, store = Issuer(), MemoryStore()
    token = SharedToken(issuer, store, StillClock(), pause=no_pause)
    assert [token.current() for _ in range(3)] == ["token-1"] * 3
    reads = store.reads
    token.current()
    assert (issuer.issued, store.reads) == (1, reads)


def test_another_worker_takes_the_token_from_the_store() -> None:
    issuer, store, clock = Issuer(), MemoryStore(), StillClock()
    SharedToken(issuer, store, clock, pause=no_pause).current()
    assert SharedToken(issuer, store, clock, pause=no_pause).current() == "token-1"
    assert issuer.issued == 1


def test_a_token_is_not_used_in_its_last_minute() -> None:
    issuer, store, clock = Issuer(), MemoryStore(), StillClock()
    token = SharedToken(issuer, store, clock, pause=no_pause)
    token.current()
    clock.advance(3599 - 61)
    assert token.current() == "token-1"
    clock.advance(1)
    assert token.current() == "token-2"


def test_a_short_lived_token_is_still_shared() -> None:
    issuer, store, clock = Issuer(lifetime=40), MemoryStore(), StillClock()
    assert SharedToken(issuer, store, clock, pause=no_pause).current() == "token-1"
    clock.advance(35)
    assert SharedToken(issuer, store, clock, pause=no_pause).current() == "token-1"


def test_workers_that_start_together_fetch_one_token() -> None:
    issuer, store = Issuer(), MemoryStore()
    clock = StillClock()

    def until_written(seconds: float) -> None:
        assert store.written.wait(10)

    workers = [SharedToken(issuer, store, clock, pause=until_written) for _ in range(WORKERS)]
    assert set(at_once(lambda index: workers[index].current())) == {"token-1"}
    assert issuer.issued == 1


def test_workers_whose_token_dies_together_fetch_one_new_one() -> None:
    issuer, store, clock = Issuer(), MemoryStore(), StillClock()

    def until_written(seconds: float) -> None:
        assert store.written.wait(10)

    workers = [SharedToken(issuer, store, clock, pause=until_written) for _ in range(WORKERS)]
    assert {worker.current() for worker in workers} == {"token-1"}
    store.written.clear()
    assert set(at_once(lambda index: workers[index].replace("token-1"))) == {"token-2"}
    assert issuer.issued == 2


def test_threads_of_one_worker_fetch_one_token_and_none_goes_to_the_store_for_it() -> None:
    issuer, store, waiting = Issuer(), MemoryStore(), threading.Event()

    def slow() -> Grant:
        # A second thread that got past the first would now find the lease taken, and pause.
        assert not waiting.wait(0.1)
        return issuer()

    token = SharedToken(slow, store, StillClock(), pause=lambda _: waiting.set())
    assert set(at_once(lambda _: token.current())) == {"token-1"}
    assert set(at_once(lambda _: token.replace("token-1"))) == {"token-2"}
    assert issuer.issued == 2


def test_a_dead_token_is_looked_for_in_the_store_first() -> None:
    issuer, store, clock = Issuer(), MemoryStore(), StillClock()
    token = SharedToken(issuer, store, clock, pause=no_pause)
    token.current()
    store.write("newer", LATER)
    assert token.replace("token-1") == "newer"
    assert issuer.issued == 1


def test_a_token_called_dead_late_costs_nothing() -> None:
    issuer = Issuer()
    token = SharedToken(issuer, MemoryStore(), StillClock(), pause=no_pause)
    token.current()
    assert token.replace("token-1") == "token-2"
    assert token.replace("token-1") == "token-2"
    assert issuer.issued == 2


def test_what_was_written_between_look_and_lease_is_used() -> None:
    class Between(MemoryStore):
        def lease(self, now: datetime) -> bool:
            self.stored = ("theirs", LATER)
            return super().lease(now)

    issuer = Issuer()
    assert SharedToken(issuer, Between(), StillClock(), pause=no_pause).current() == "theirs"
    assert issuer.issued == 0


def test_a_holder_that_dies_holds_nobody_up() -> None:
    issuer = Issuer()
    pauses: list[float] = []
    token = SharedToken(issuer, MemoryStore(leased=True), StillClock(), pause=pauses.append)
    assert token.current() == "token-1"
    assert len(pauses) == LOOKS


def test_a_lapsed_lease_is_taken_over_at_once() -> None:
    issuer, store = Issuer(), MemoryStore(leased=True)
    pauses: list[float] = []

    def lapse(seconds: float) -> None:
        pauses.append(seconds)
        store.leased = False

    assert SharedToken(issuer, store, StillClock(), pause=lapse).current() == "token-1"
    assert (issuer.issued, len(pauses)) == (1, 1)


def test_a_dead_token_written_by_a_late_holder_heals() -> None:
    issuer, store, clock = Issuer(), MemoryStore(leased=True), StillClock()
    impatient = SharedToken(issuer, store, clock, pause=no_pause)
    assert impatient.current() == "token-1"
    store.write("killed by token-1", LATER)
    newcomer = SharedToken(issuer, store, clock, pause=no_pause)
    assert newcomer.current() == "killed by token-1"
    assert newcomer.replace("killed by token-1") == issuer.living


class BrokenStore(MemoryStore):
    def __init__(self, broken: str) -> None:
        super().__init__()
        self.broken = broken

    def read(self) -> tuple[str, datetime] | None:
        return self._or_break("read", super().read)

    def lease(self, now: datetime) -> bool:
        return self._or_break("lease", lambda: super(BrokenStore, self).lease(now))

    def write(self, token: str, expires_at: datetime) -> None:
        self._or_break("write", lambda: super(BrokenStore, self).write(token, expires_at))

    def _or_break(self, method: str, work: Callable[[], T]) -> T:
        if method == self.broken:
            raise OSError("no route to the table")
        return work()


@pytest.mark.parametrize("broken", ["read", "lease"])
def test_without_the_store_no_token_is_fetched(broken: str) -> None:
    issuer = Issuer()
    with pytest.raises(TokenUnavailable) as raised:
        SharedToken(issuer, BrokenStore(broken), StillClock(), pause=no_pause).current()
    assert (raised.value.reason, issuer.issued) == ("provider_unavailable", 0)


def test_a_token_that_cannot_be_shared_is_still_used() -> None:
    token = SharedToken(Issuer(), BrokenStore("write"), StillClock(), pause=no_pause)
    assert [token.current(), token.current()] == ["token-1", "token-1"]


@pytest.mark.parametrize(
    ("expires_in", "lifetime"),
    [("3599", 3599), ('"3599"', 3599), ("3599.0", 3599), ("null", 3599), ('"soon"', 3599), ("-5", 3599), ("1e99", 3599),
     ("NaN", 3599), ("[]", 3599), ("120", 120), ('"1_0"', 3599)],
)  # fmt: skip
def test_a_lifetime_is_read_whatever_its_type(expires_in: str, lifetime: int) -> None:
    grant = read_grant(Answer.read(200, f'{{"access_token": "abc", "expires_in": {expires_in}}}'.encode()))
    assert (grant.token, grant.lifetime_seconds) == ("abc", lifetime)


def test_the_documented_grant_is_read() -> None:
    body = (BODIES / "official_doc_samples/Authorization_02_Response_Body.json").read_bytes()
    assert read_grant(Answer.read(200, body)).lifetime_seconds == 3599


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (400, b"", "shop_misconfigured"),
        (400, b'{"errorCode": "400.008.02", "errorMessage": "Invalid grant type"}', "shop_misconfigured"),
        (401, b"", "shop_misconfigured"),
        (403, b"<html>", "provider_unavailable"),
        (429, b"{}", "provider_unavailable"),
        (500, b"", "provider_unavailable"),
        (200, b"", "provider_unavailable"),
        (200, b'{"access_token": null}', "provider_unavailable"),
        (200, b'{"access_token": "two\\nlines"}', "provider_unavailable"),
    ],
)
def test_no_grant_says_why(status: int, content: bytes, reason: str) -> None:
    with pytest.raises(TokenUnavailable) as raised:
        read_grant(Answer.read(status, content))
    assert raised.value.reason == reason


def test_a_failed_refresh_lets_the_next_worker_try_at_once() -> None:
    store = MemoryStore()
    pauses: list[float] = []

    def refuse() -> Grant:
        raise TokenUnavailable("token: 503")

    for _ in range(2):
        with pytest.raises(TokenUnavailable):
            SharedToken(refuse, store, StillClock(), pause=pauses.append).current()
    assert pauses == []
