"""The stream of the events table: what transactions appended, for each reader from where it has come to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.cloud.services import ACCOUNT

#: Records of one batch.
MOST_AT_ONCE = 10
#: Deliveries of batches that failed before somebody must look; one fault costs one.
STREAM_TRIES = 30


@dataclass
class Stream:
    """Records in their order, and how far each function has read."""

    table: str
    _records: list[dict[str, Any]] = field(default_factory=list)
    _known: set[tuple[str, str]] = field(default_factory=set)
    _read: dict[str, int] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """How many records there are."""
        return len(self._records)

    def note(self, given: Mapping[str, Any], at: datetime) -> None:
        """Keep what a transaction appended to the table; the same transaction sent twice appended it once."""
        for item in given["TransactItems"]:
            put = item.get("Put")
            if not put or put["TableName"] != self.table:
                continue
            image = put["Item"]
            name = (image["pk"]["S"], image["sk"]["S"])
            if name not in self._known:
                self._known.add(name)
                self._records.append(self._record(image, at))

    def batch(self, function: str) -> list[dict[str, Any]]:
        """Return what a function reads next; nothing where it has read all."""
        start = self._read.setdefault(function, 0)
        return self._records[start : start + MOST_AT_ONCE]

    def answered(self, function: str, batch: list[dict[str, Any]], answer: Any) -> None:
        """Move a reader on, as far as its answer says; None where it died."""
        failed = [one["itemIdentifier"] for one in (answer or {}).get("batchItemFailures", ())]
        if answer is None or failed:
            self._failures[function] = self._failures.get(function, 0) + 1
            assert self._failures[function] < STREAM_TRIES, f"{function} does not get on"
        if answer is not None:
            numbers = [one["dynamodb"]["SequenceNumber"] for one in batch]
            self._read[function] += numbers.index(failed[0]) if failed else len(batch)

    def _record(self, image: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        number = f"{len(self._records) + 1:021d}"
        return {
            "eventID": f"stream-{number}",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "af-south-1",
            "dynamodb": {
                "ApproximateCreationDateTime": at.timestamp(),
                "Keys": {key: image[key] for key in ("pk", "sk")},
                "NewImage": _plain(image),
                "SequenceNumber": number,
                "SizeBytes": 300,
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": f"arn:aws:dynamodb:af-south-1:{ACCOUNT}:table/{self.table}/stream/1",
        }


def _plain(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as the stream's JSON writes it: binary as base64."""
    return {
        name: {"B": base64.b64encode(bytes(value["B"])).decode()} if "B" in value else value
        for name, value in image.items()
    }
