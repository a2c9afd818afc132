"""What every request to the staff API passes, before and after it is carried out; what its routes are made of."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from commerce.audit.store import EventLog
from commerce.catalog.events import Recorder
from commerce.healing.desk import HealingDesk
from commerce.identity.claims import Caller
from commerce.identity.second_factor_desk import SecondFactorDesk
from commerce.kernel.clock import Clock
from commerce.kernel.errors import NotFound
from commerce.kernel.ids import is_order_number
from commerce.kernel.tables import Database
from commerce.payments.desk import OrderDesk, PaymentDesk
from commerce.runtime.healing import healing_desk
from commerce.runtime.once import Once, OnceIfKeyed
from commerce.runtime.staff_route import needs

__all__ = [
    "By",
    "Dependencies",
    "Number",
    "Once",
    "OnceIfKeyed",
    "Reason",
    "ReasonRequest",
    "StaffDependencies",
    "StaffRequest",
    "Worker",
    "as_json",
    "needs",
]

LONGEST_REASON = 500


@dataclass(frozen=True)
class StaffDependencies:
    """What the staff API works with. The payment desk reads secrets, so it is made for the first who moves money."""

    database: Database
    clock: Clock
    make_payment_desk: Callable[[], PaymentDesk]
    second_factors: SecondFactorDesk
    demands_second_factor: bool = True

    @cached_property
    def payment_desk(self) -> PaymentDesk:
        """What payments are handled with."""
        return self.make_payment_desk()

    @cached_property
    def order_desk(self) -> OrderDesk:
        """What all else of an order is handled with."""
        return OrderDesk(self.database, self.clock)

    @cached_property
    def healing_desk(self) -> HealingDesk:
        """What cases are decided on with."""
        return healing_desk(self.payment_desk, os.environ)

    @cached_property
    def log(self) -> EventLog:
        """The event log."""
        return EventLog(self.database)

    @property
    def record(self) -> Recorder:
        """What appends an event to a commit."""
        return self.log.record


Dependencies = Callable[[], StaffDependencies]


class StaffRequest(BaseModel):
    """A body that staff send. What it does not know it refuses: a mistyped member would silently do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def as_json(kind: Any) -> BeforeValidator:
    """Return what has a member checked as the JSON that it came as.

    FastAPI hands over what it has parsed, in which a strict model finds texts instead of its dates and choices.
    """
    adapter = TypeAdapter(kind)

    def read(value: Any) -> Any:
        return adapter.validate_json(json.dumps(value), strict=True) if isinstance(value, dict) else value

    return BeforeValidator(read)


def _readable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds characters that cannot be read")
    return text


Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=LONGEST_REASON),
    AfterValidator(_readable),
    Field(description="Why; it stays in the trail of events for good.", examples=["Customer called: wrong size"]),
]


class ReasonRequest(StaffRequest):
    """Why something is done."""

    reason: Reason


async def _worker(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _subject(request: Request) -> str:
    return str(request.state.caller.subject)


#: Who calls.
Worker = Annotated[Caller, Depends(_worker)]
#: The subject of who calls, as events name it.
By = Annotated[str, Depends(_subject)]


async def _order_number(number: str) -> str:
    if not is_order_number(number.upper()):
        raise NotFound("There is no such order.")
    return number.upper()


#: An order number of the path.
Number = Annotated[str, Depends(_order_number)]
