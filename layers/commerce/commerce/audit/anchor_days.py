"""Anchor days: sign for what the archive holds of each that is over, so that nobody can make it anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from commerce.audit.archive import DIGESTS, EVENTS, Archive, day_after, day_before
from commerce.audit.digest import DayDigest, Key, Segment, read_digest, sign_day


class BrokenAnchor(Exception):
    """A digest that is there is not one that the key signed: nothing is built on it."""


def anchor_days(archive: Archive, key: Key, until: str, *, most: int, more_time: Callable[[], bool]) -> list[str]:
    """Write the digests that are missing up to a day, oldest first; return the days.

    A digest is written once: one that is there is checked, and never replaced. Running twice, or at once, is safe.

    Parameters
    ----------
    until
        The last day that is over, as ``2026-11-21``.
    most
        How many days to do in one run.
    more_time
        Whether there is time left for another day.

    Raises
    ------
    BrokenAnchor
        When a digest that is there is not what it was signed as. Nothing was written after it.
    """
    done: list[str] = []
    last = _last(archive, key)
    day = day_after(last.day) if last else first_day(archive)
    if day is None:
        return done
    while day <= until and len(done) < most and (not done or more_time()):
        last = _anchor(archive, key, day, last)
        done.append(day)
        day = day_after(day)
    return done


def _last(archive: Archive, key: Key) -> DayDigest | None:
    keys = list(archive.keys(DIGESTS, None))
    if not keys:
        return None
    return _signed(archive, key, keys[-1])


def _signed(archive: Archive, key: Key, name: str) -> DayDigest:
    digest = read_digest(archive.body(name) or b"")
    if digest is None or digest.computed() != digest.digest or not key.verify(digest.digest, digest.signature):
        raise BrokenAnchor(name)
    return digest


def first_day(archive: Archive) -> str | None:
    """Return the first day that there is anything of in the archive, or None when it is empty."""
    days = [
        key[len(kind) : len(kind) + 10] for kind in (EVENTS, DIGESTS) for key in islice(archive.keys(kind, None), 1)
    ]
    return min(days, default=None)


def digest_key(day: str) -> str:
    """Return the key of a day's digest."""
    return f"{DIGESTS}{day}.json"


def _anchor(archive: Archive, key: Key, day: str, last: DayDigest | None) -> DayDigest:
    named = {segment.key for segment in (*last.segments, *last.late)} if last else set()
    late = tuple(_segment(archive, each) for each in archive.segments_of(day_before(day)) if each not in named)
    segments = tuple(_segment(archive, each) for each in archive.segments_of(day))
    digest = sign_day(day, last.digest if last else None, segments, late, key)
    if archive.keep(digest_key(day), digest.model_dump_json().encode(), "application/json"):
        return digest
    # Another run was faster: what is there counts, for the day after follows it.
    return _signed(archive, key, digest_key(day))


def _segment(archive: Archive, key: str) -> Segment:
    body = archive.body(key)
    if body is None:
        raise LookupError(key)
    return Segment.of(key, body)
