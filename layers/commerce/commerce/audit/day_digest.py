"""What a day's digest is worth: its signature, its place among the days, and the objects that it vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commerce.audit.anchor_days import digest_key
from commerce.audit.archive import DIGESTS, Archive, day_after, day_before
from commerce.audit.digest import DayDigest, Key, Segment, read_digest
from commerce.audit.verify_trail import Fault, Kind


@dataclass(frozen=True, slots=True)
class Vouched:
    """The objects of a day, and what is wrong with what vouches for them.

    Parameters
    ----------
    digest
        The day's, where it can be read.
    signed
        Whether the key signed it.
    segments
        What it vouches for.
    others
        Keys of the day's segments that it does not name: they came after it, and the next day's digest names them.
    """

    digest: DayDigest | None
    signed: bool
    segments: tuple[Segment, ...]
    others: tuple[str, ...]
    faults: tuple[Fault, ...]


def read_day(archive: Archive, key: Key, day: str) -> Vouched:
    """Return what vouches for a day."""
    listed = archive.segments_of(day)
    own = digest_key(day)
    body = archive.body(own)
    if body is None:
        return Vouched(None, False, (), tuple(listed), (Fault(own, Kind.MISSING, "Nothing vouches for this day."),))
    digest = read_digest(body)
    if digest is None or digest.day != day or digest.computed() != digest.digest:
        return Vouched(None, False, (), tuple(listed), (Fault(own, Kind.CHANGED, "It is not what was signed."),))
    if not key.verify(digest.digest, digest.signature):
        wrong = Fault(own, Kind.CHANGED, "Its signature is not the shop's.")
        return Vouched(digest, False, (), tuple(listed), (wrong,))
    segments = (*digest.segments, *digest.late)
    named = {segment.key for segment in segments}
    others = tuple(each for each in listed if each not in named)
    return Vouched(digest, True, segments, others, (*_faults_before(archive, digest), *_unnamed(archive, day, others)))


def _faults_before(archive: Archive, digest: DayDigest) -> Iterator[Fault]:
    """Each day follows the one before it: nobody can take a day out, or begin anew."""
    before = digest_key(day_before(digest.day))
    if digest.previous is None:
        if next(archive.keys(DIGESTS, None)) != digest_key(digest.day):
            yield Fault(
                digest_key(digest.day), Kind.REORDERED, "It says it is the first day, and there are days before."
            )
        return
    body = archive.body(before)
    if body is None:
        yield Fault(before, Kind.MISSING, "The day after follows it.")
        return
    earlier = read_digest(body)
    if earlier is None or earlier.digest != digest.previous:
        yield Fault(before, Kind.CHANGED, "The day after follows another digest.")


def _unnamed(archive: Archive, day: str, others: tuple[str, ...]) -> Iterator[Fault]:
    body = archive.body(digest_key(day_after(day))) if others else None
    following = read_digest(body) if body is not None else None
    if following is None:
        return
    late = {segment.key for segment in following.late}
    for key in others:
        if key not in late:
            yield Fault(key, Kind.UNKNOWN, "No digest names it.")
