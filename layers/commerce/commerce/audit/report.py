"""What verifying a day came to, as it is kept beside the archive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from commerce.audit.archive import REPORTS, Archive
from commerce.audit.verify_trail import Fault, Kind, Proof

#: Faults that a report lists; `found` counts all.
MOST_LISTED = 1000


class FaultView(BaseModel):
    """One thing that is not as it was written: the id of an event, an order, or an object of the archive."""

    model_config = ConfigDict(frozen=True, from_attributes=True, hide_input_in_errors=True)

    event: str
    fault: Kind
    detail: str

    def to_fault(self) -> Fault:
        """Return what is wrong."""
        return Fault(self.event, self.fault, self.detail)


class OrderReport(BaseModel):
    """What proving an order's trail came to; of a sound one, `unchained` events are from before there was a chain."""

    model_config = ConfigDict(frozen=True)

    subject: str
    checked: int
    sound: bool
    unchained: int
    faults: tuple[FaultView, ...]

    @classmethod
    def of(cls, subject: str, proof: Proof) -> Self:
        """Say it of a subject."""
        faults = tuple(FaultView.model_validate(fault) for fault in proof.faults)
        return cls(subject=subject, checked=proof.checked, sound=proof.sound, unchained=proof.unchained, faults=faults)


class DayReport(BaseModel):
    """What verifying a day came to.

    Parameters
    ----------
    digest
        The day's digest; None where there is none that can be read.
    signed
        Whether it is one that the key signed, and all it says is in it.
    sound
        Whether all was looked at, and all is as it was written.
    events
        How many events the archive holds of the day.
    found
        How many faults there are; a report lists at most 1,000.
    complete
        Whether all was looked at; else the next run goes on after `segments` objects and `subject`.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    day: str
    digest: str | None
    signed: bool
    sound: bool
    events: int
    found: int
    faults: tuple[FaultView, ...]
    complete: bool
    checked_at: str
    segments: int = 0
    subject: str = ""

    @classmethod
    def listing(cls, faults: Iterable[Fault]) -> tuple[FaultView, ...]:
        """Return faults as a report lists them."""
        return tuple(FaultView.model_validate(fault) for fault in sorted(faults)[:MOST_LISTED])

    @classmethod
    def read(cls, archive: Archive, day: str) -> Self | None:
        """Return a day's report, or None when the day was not looked at yet."""
        body = archive.body(report_key(day))
        if body is None:
            return None
        try:
            return cls.model_validate_json(body)
        except ValidationError:
            return None

    def write(self, archive: Archive) -> None:
        """Keep the report; the bucket keeps those before it too."""
        archive.replace(report_key(self.day), self.model_dump_json().encode(), "application/json")


def report_key(day: str) -> str:
    """Return the key of a day's report."""
    return f"{REPORTS}{day}.json"
