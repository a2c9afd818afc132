"""The hash chain of events: what a hash is over, and what it follows. Pure.

An event's hash is SHA-256 over the hash before it and the event itself. The events of an order form a chain: the first
follows the order's own name, each further one the one before it, and the order's row keeps the last hash (its head),
written under the condition that makes an order's changes follow one another. Subjects without such a row (SKUs,
products, vouchers, reviews, staff) have no place for a head: their events follow nothing, and it is the digest of the
day that holds them together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commerce.kernel.context import current
from commerce.kernel.events import Event

#: What the names of subjects begin with whose events form chains.
ORDERS = "order/"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the table holds in one place of a trail; `event` is None where nobody can read it as one."""

    sequence: str
    event: Event | None


def genesis(subject: str) -> str:
    """Return what the first event of a chain follows, in hexadecimal."""
    return hashlib.sha256(subject.encode()).hexdigest()


def canonical(event: Event) -> bytes:
    """Write what a hash is over, so that two events are written alike only when they are alike: a JSON array.

    JSON marks where each member ends, so nothing can be moved from one into the next.
    """
    members = [
        event.subject,
        event.sequence,
        event.type,
        event.version,
        event.at,
        data_text(event.data),
        event.correlation_id,
        event.request,
    ]
    return json.dumps(members, separators=(",", ":")).encode()


def data_text(data: Mapping[str, Any]) -> str:
    """Return an event's data as the table stores it."""
    return json.dumps(data, separators=(",", ":"))


def hash_of(event: Event, prev: str | None) -> str:
    """Return the hash of an event that follows `prev` (None where it follows nothing), in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(prev or "") + canonical(event)).hexdigest()


def seal(event: Event, prev: str | None) -> Event:
    """Return an event as it is written: with the context of the work at hand, and its hash after `prev`."""
    context = current()
    # What somebody decided is the answer to their request; what follows from it by itself is none.
    request = context.request if "by" in event.data else None
    whole = event.model_copy(update={"correlation_id": context.correlation_id, "request": request, "prev": prev})
    return whole.model_copy(update={"hash": hash_of(whole, prev)})
