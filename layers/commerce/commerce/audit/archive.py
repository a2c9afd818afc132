"""The archive: every event once more, in objects of a bucket that nobody writes twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.events import Event

EVENTS = "events/"
DIGESTS = "digests/"
REPORTS = "reports/"
#: What S3 answers when there is such an object already (If-None-Match), and when there is none.
_TAKEN = "PreconditionFailed"
_ABSENT = ("NoSuchKey", "404")


@dataclass(frozen=True, slots=True)
class Archive:
    """Segments of events, as the table's stream delivered them, and what is said of whole days.

    Parameters
    ----------
    client
        botocore's client of S3.
    bucket
        Its name.
    """

    client: Any
    bucket: str

    def put(self, events: Sequence[Mapping[str, Any]], first: str, at: datetime) -> str:
        """Keep a batch of events as one segment, a line of JSON each; return its key.

        The key says when the batch began, where in the stream, and what is in it: a batch that is delivered again is
        the same object again, and is left as it is; one that was cut otherwise meanwhile is another object, and holds
        some events a second time, which does no harm.

        Parameters
        ----------
        first
            The stream's sequence number of the first event.
        at
            When that one was written.
        """
        body = b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in events)
        moment = at.astimezone(UTC)
        content = hashlib.sha256(body).hexdigest()[:16]
        key = f"{day_prefix(f'{moment:%Y-%m-%d}')}{moment:%H%M%S%f}-{first}-{content}.jsonl"
        self.keep(key, body, "application/x-ndjson")
        return key

    def segments(self, after: str | None, until: datetime) -> Iterator[str]:
        """Yield the keys of segments that began before `until`, oldest first.

        Segments of different shards are written side by side, and one whose writing failed is written later under its
        own time: who reads on from a key looks back by as much as the archive may be late (a day, as the stream does).

        Parameters
        ----------
        after
            Only those after this key, which need not exist: ``events/2026-11-22/1015`` is a moment too.
        """
        end = f"{EVENTS}{until.astimezone(UTC):%Y-%m-%d/%H%M%S%f}"
        for key in self.keys(EVENTS, after):
            if key >= end:
                return
            yield key

    def segments_of(self, day: str) -> list[str]:
        """Return the keys of a day's segments, oldest first."""
        return list(self.keys(day_prefix(day), None))

    def read(self, key: str) -> list[Event]:
        """Return the events of a segment.

        Raises
        ------
        LookupError
            When there is no such segment.
        ValueError
            When it holds something else.
        """
        body = self.body(key)
        if body is None:
            raise LookupError(key)
        return [Event.model_validate_json(line) for line in body.splitlines()]

    def body(self, key: str) -> bytes | None:
        """Return an object's bytes, or None when there is none."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return bytes(answer["Body"].read())

    def keep(self, key: str, body: bytes, kind: str) -> bool:
        """Write an object unless there is one; return whether it was written."""
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType=kind,
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _TAKEN:
                raise
            return False
        return True

    def replace(self, key: str, body: bytes, kind: str) -> None:
        """Write an object over an earlier version of it, which the bucket keeps."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=kind, ChecksumAlgorithm="SHA256")

    def keys(self, prefix: str, after: str | None) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        where: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix} | ({"StartAfter": after} if after else {})
        while True:
            answer = self.client.list_objects_v2(**where)
            yield from (found["Key"] for found in answer.get("Contents", ()))
            if not answer.get("IsTruncated"):
                return
            where["ContinuationToken"] = answer["NextContinuationToken"]


def day_prefix(day: str) -> str:
    """Return what the keys of a day's segments begin with."""
    return f"{EVENTS}{day}/"


def yesterday(now: datetime) -> str:
    """Return the last day that is over, in UTC."""
    return day_before(f"{now.astimezone(UTC):%Y-%m-%d}")


def read_past_day(text: str, now: datetime) -> str:
    """Return the day that somebody named.

    Raises
    ------
    InvalidRequest
        When it is no day, or not over yet.
    """
    try:
        known = date.fromisoformat(text).isoformat() == text <= yesterday(now)
    except ValueError:
        known = False
    if not known:
        raise InvalidRequest("Name a day that is over, as 2026-11-22.", field="day")
    return text


def day_before(day: str) -> str:
    """Return the day before one: both as ``2026-11-22``."""
    return f"{datetime.fromisoformat(day) - timedelta(days=1):%Y-%m-%d}"


def day_after(day: str) -> str:
    """Return the day after one."""
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"
