"""Parcels as their carriers know them, and every report that was sent of them."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

NAMES = ("dhl", "g4s", "wells_fargo", "local")
"""The carriers, by the names that the shop's webhook knows them by."""

Status = Literal["in_transit", "delivered", "exception"]
"""What a report says. A pick-up is the first report of a parcel in transit."""

WORDS: dict[str, tuple[Status, str]] = {
    "picked_up": ("in_transit", "Picked up from the sender"),
    "in_transit": ("in_transit", "Arrived at the sorting centre"),
    "delivered": ("delivered", "Delivered to the recipient"),
    "exception": ("exception", "The address was not found; we try again tomorrow"),
}
"""What happens to a parcel, and how the carrier says it."""


def tracking_number(carrier: str) -> str:
    """A reference as this carrier prints it: DHL ten digits, others their letters and eight."""
    if carrier == "dhl":
        return str(secrets.randbelow(9 * 10**9) + 10**9)
    return f"{carrier[:2].upper()}{secrets.randbelow(9 * 10**7) + 10**7}"


@dataclass
class Report:
    """One report and what the shop answered. `status` None: nobody did. `tries` counts how often it was sent."""

    id: str
    said: Status
    description: str
    occurred_at: datetime
    tries: int = 0
    status: int | None = None
    answer: Any = None

    def view(self) -> dict[str, Any]:
        """The report as JSON."""
        return {**vars(self), "occurred_at": self.occurred_at.isoformat()}


@dataclass
class Parcel:
    """One booked parcel."""

    id: int
    carrier: str
    reference: str
    """The shop's own name for the shipment, as in 7K2M9QX4TD-S1."""
    tracking: str
    booked_at: datetime
    automatic: bool = False
    reports: list[Report] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Where the parcel is, by what was reported."""
        said = [report.said for report in self.reports if report.said != "exception"]
        return "delivered" if "delivered" in said else "in_transit" if said else "booked"

    def view(self) -> dict[str, Any]:
        """The parcel as JSON."""
        return {
            **vars(self),
            "booked_at": self.booked_at.isoformat(),
            "state": self.state,
            "reports": [report.view() for report in self.reports],
        }
