"""The nights of a shop in this process: its events are archived, days are anchored and verified, and tampered with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3

from commerce.audit.anchor_days import anchor_days
from commerce.audit.archive import Archive
from commerce.audit.archive_events import archive_events
from commerce.audit.desk import AuditDesk, TrailDesk
from commerce.audit.digest import AuditKey
from commerce.audit.report import DayReport
from commerce.audit.verify_day import verify_day
from commerce.audit.verify_trail import Head
from commerce.kernel.clock import from_text
from sandbox.stack.engine import CREDENTIALS, REGION
from tests.support.shop import Shop

DAY = "2026-11-22"
_names = itertools.count()


@dataclass
class Night:
    """What happens to a shop's events when its day is over."""

    shop: Shop
    desk: AuditDesk
    s3: Any
    archived: int = 0

    @property
    def archive(self) -> Archive:
        """The archive."""
        return self.desk.archive

    def raw(self) -> list[dict[str, Any]]:
        """Return the items of the events table in the order in which they happened."""
        table = self.shop.database._names["events"]
        items = self.shop.database.connection.dispatch("Scan", {"TableName": table, "ConsistentRead": True})["Items"]
        return sorted(items, key=lambda item: (item["at"]["S"], item["pk"]["S"], item["sk"]["S"]))

    def archive_all(self, batch: int = 5) -> list[str]:
        """Let the stream deliver everything that is in the table, in batches; return the segments."""
        records = [record_of(item, place) for place, item in enumerate(self.raw())]
        parts = [records[start : start + batch] for start in range(0, len(records), batch)]
        self.archived = len(records)
        return [key for part in parts if (key := archive_events(part, self.archive, refuse))]

    def anchor(self, until: str = DAY, most: int = 31) -> list[str]:
        """Sign for the days up to one."""
        return anchor_days(self.archive, self.desk.key, until, most=most, more_time=lambda: True)

    def verify(self, day: str = DAY, more_time: Callable[[], bool] = lambda: True) -> DayReport:
        """Verify a day."""
        return verify_day(self.desk, day, more_time=more_time)

    def faults(self, day: str = DAY) -> dict[str, str]:
        """Return what is wrong with a day, by what it is wrong with."""
        return {fault.event: fault.fault.value for fault in self.verify(day).faults}

    def pass_over(self, days: int = 1) -> None:
        """Let it become the next day."""
        self.shop.clock.forward(timedelta(days=days))

    def write(self, table: str, operation: str, **request: Any) -> None:
        """Write to a table as nobody may."""
        name = self.shop.database._names[table]
        self.shop.database.connection.dispatch(operation, {"TableName": name, **request})

    def item(self, event_id: str) -> dict[str, Any]:
        """Return the stored item of an event."""
        return next(item for item in self.raw() if f"{item['pk']['S']}/{item['sk']['S']}" == event_id)

    def overwrite(self, event_id: str, **members: dict[str, Any]) -> None:
        """Write members over those of a stored event."""
        self.write("events", "PutItem", Item=self.item(event_id) | members)

    def remove(self, event_id: str) -> None:
        """Take an event out of the table."""
        item = self.item(event_id)
        self.write("events", "DeleteItem", Key={"pk": item["pk"], "sk": item["sk"]})

    def replace_object(self, key: str, body: bytes) -> None:
        """Put another version in front of an object."""
        self.s3.put_object(Bucket=self.archive.bucket, Key=key, Body=body)


def night_of(shop: Shop, url: str) -> Night:
    """Return the nights of a shop: bucket and key are ministack's, whichever engine its tables are in."""
    s3, kms = (client(service, url) for service in ("s3", "kms"))
    bucket = f"archive-{next(_names)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    desk = AuditDesk(TrailDesk(shop.till.log, heads(shop)), Archive(s3, bucket), AuditKey(kms, key), shop.clock)
    return Night(shop, desk, s3)


def heads(shop: Shop) -> Callable[[str], Head | None]:
    """Return what reads the heads of a shop's orders."""

    def head_of(number: str) -> Head | None:
        end = shop.till.orders.end_of(number)
        return Head(*end) if end else None

    return head_of


def client(service: str, url: str) -> Any:
    """Return a client of ministack."""
    return boto3.client(service, endpoint_url=url, region_name=REGION, **CREDENTIALS)  # type: ignore[call-overload]


def record_of(item: dict[str, Any], place: int, name: str = "INSERT") -> dict[str, Any]:
    """Return what the stream says of an item when it was written."""
    moment: datetime = from_text(item["at"]["S"])
    return {
        "eventName": name,
        "dynamodb": {
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "NewImage": item,
            "SequenceNumber": f"{place:021d}",
            "ApproximateCreationDateTime": moment.timestamp(),
        },
    }


def refuse(event_id: str, how: str) -> None:
    """Fail: nothing was tampered with."""
    raise AssertionError((event_id, how))


def ids(items: Iterable[dict[str, Any]]) -> list[str]:
    """Return the event ids of stored items."""
    return [f"{item['pk']['S']}/{item['sk']['S']}" for item in items]
