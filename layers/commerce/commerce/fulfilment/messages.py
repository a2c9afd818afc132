"""What carriers report, as it travels on their queue. Light on purpose: the webhook imports nothing heavier."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.ids import is_order_number

#: What a carrier may report of a parcel.
REPORTS = ("in_transit", "delivered", "exception")
LONGEST_TEXT = 200
_REFERENCE = re.compile(r"([0-9A-Z]{10})-S([1-9][0-9]?)")
_ID = re.compile(r"[!-~]{1,80}")
#: A parcel's name as carriers print it; it goes into links and e-mails.
TRACKING = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./_-]{0,38}[A-Za-z0-9])?")


class UnreadableMessage(ValueError):
    """The queue holds something that is no message of ours; it ends with the dead letters."""


@dataclass(frozen=True, slots=True)
class CarrierMessage:
    """A carrier's report of a parcel: a claim, until the shipment of that reference is found to be that carrier's.

    Parameters
    ----------
    carrier
        Who signed the report.
    id
        The carrier's name for it: the same report may come twice.
    order_number, shipment
        Which shipment its reference names.
    occurred_at
        When it happened by the carrier's clock, ISO 8601 with its offset.
    description
        The carrier's own words.
    """

    carrier: str
    id: str
    order_number: str
    shipment: int
    tracking: str
    status: str
    occurred_at: str
    description: str | None = None

    @property
    def happened_at(self) -> datetime:
        """When it happened by the carrier's clock, in UTC."""
        return datetime.fromisoformat(self.occurred_at).astimezone(UTC)

    def to_json(self) -> str:
        """Write the message."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        UnreadableMessage
            When it is no message of ours.
        """
        try:
            body = json.loads(text)
            if body.keys() != {field.name for field in fields(cls)}:
                raise ValueError("other members")
            return cls.of(body.pop("carrier"), {**body, "reference": f"{body['order_number']}-S{body['shipment']}"})
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError, InvalidRequest) as error:
            raise UnreadableMessage("no carrier message") from error

    @classmethod
    def of(cls, carrier: str, body: Any) -> Self:
        """Read a carrier's report; members the shop does not know are ignored.

        Raises
        ------
        InvalidRequest
            Naming the member that is missing or wrong.
        """
        if not isinstance(body, dict):
            raise InvalidRequest("A report is a JSON object.", field="body")
        named = _REFERENCE.fullmatch(_text(body, "reference"))
        if named is None or not is_order_number(named[1]):
            raise InvalidRequest("No shipment has a reference like this.", field="reference")
        description = body.get("description")
        if description is not None:
            description = _text(body, "description")
        return cls(
            carrier=carrier,
            id=_matching(body, "id", _ID),
            order_number=named[1],
            shipment=int(named[2]),
            tracking=_matching(body, "tracking", TRACKING),
            status=_status(body),
            occurred_at=_moment(body),
            description=description[:LONGEST_TEXT] if description else None,
        )


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    # A lone surrogate is valid JSON and invalid everywhere it would be stored.
    if not isinstance(value, str) or value != value.encode(errors="replace").decode():
        raise InvalidRequest("This must be a text.", field=name)
    return value


def _matching(body: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = _text(body, name)
    if not pattern.fullmatch(value):
        raise InvalidRequest("This is too long, empty, or holds other characters than it may.", field=name)
    return value


def _status(body: dict[str, Any]) -> str:
    value = _text(body, "status")
    if value not in REPORTS:
        raise InvalidRequest(f"This is one of {', '.join(REPORTS)}.", field="status")
    return value


def _moment(body: dict[str, Any]) -> str:
    value = _text(body, "occurred_at")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return moment.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise InvalidRequest("Write the moment in ISO 8601 with its offset.", field="occurred_at") from None
