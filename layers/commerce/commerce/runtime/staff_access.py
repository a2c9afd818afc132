"""Who may do what in the staff API: said once, asked before anything of a request is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from commerce.audit.store import EventLog
from commerce.catalog.events import Recorder
from commerce.identity.claims import STAFF_ROLES, Caller
from commerce.kernel.clock import Clock
from commerce.kernel.errors import NotFound, NotPermitted
from commerce.kernel.ids import is_order_number
from commerce.kernel.tables import Database
from commerce.payments.desk import OrderDesk, PaymentDesk
from commerce.runtime.problems import BadHeader, BodyTooLarge

#: Bytes of a request; a product with all its texts and variants has less.
LARGEST_BODY = 256 * 1024
LONGEST_KEY = 255
LONGEST_REASON = 500

#: Which roles may call each route, by its name; any one of them is enough. A route that is not here lets nobody in.
ROLES: dict[str, frozenset[str]] = dict.fromkeys(
    (
        "find_orders",
        "export_orders_csv",
        "get_order",
        "get_order_events",
        "send_shipment",
        "report_shipment",
        "cancel",
        "open_refund",
        "retry_refund",
        "settle_refund",
        "approve_return",
        "reject_return",
        "receive",
        "list_products",
        "get_product",
        "put_product",
        "put_prices",
        "put_for_sale",
        "list_stock",
        "get_stock_events",
        "adjust_sku",
        "list_vouchers",
        "get_voucher",
        "put_voucher",
        "switch_code",
        "list_reviews",
        "decide_on_review",
    ),
    STAFF_ROLES,
)


@dataclass(frozen=True)
class StaffDependencies:
    """What the staff API works with. The payment desk reads secrets, so it is made for the first who moves money."""

    database: Database
    clock: Clock
    make_payment_desk: Callable[[], PaymentDesk]

    @cached_property
    def payment_desk(self) -> PaymentDesk:
        """What payments are handled with."""
        return self.make_payment_desk()

    @cached_property
    def order_desk(self) -> OrderDesk:
        """What all else of an order is handled with."""
        return OrderDesk(self.database, self.clock)

    @cached_property
    def log(self) -> EventLog:
        """The event log."""
        return EventLog(self.database)

    @property
    def record(self) -> Recorder:
        """What appends an event to a commit."""
        return self.log.record


Dependencies = Callable[[], StaffDependencies]


class StaffRoute(APIRoute):
    """A route for those whose verified token names a role that `ROLES` demands."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, behind the question who calls."""
        handle = super().get_route_handler()
        needed = ROLES.get(self.name, frozenset())

        async def admit(request: Request) -> Response:
            caller = Caller.of_event(request.scope.get("aws.event", {}))
            if caller.roles.isdisjoint(needed):
                raise NotPermitted("This is for the shop's staff.")
            if len(await request.body()) > LARGEST_BODY:
                raise BodyTooLarge(f"A request may have {LARGEST_BODY} bytes.")
            request.state.subject = caller.subject
            answer = await handle(request)
            answer.headers.setdefault("Cache-Control", "no-store")
            return answer

        return admit


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


async def _subject(request: Request) -> str:
    return str(request.state.subject)


#: The subject of the token of who calls.
By = Annotated[str, Depends(_subject)]


async def _key(
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Required: a new random value for each thing to be done once."),
    ] = None,
) -> str:
    text = (key or "").strip()
    if not text:
        raise BadHeader("Send an Idempotency-Key header, a new random value for each change.", field="Idempotency-Key")
    if len(text) > LONGEST_KEY or not (text.isascii() and text.isprintable()):
        raise BadHeader(
            f"An Idempotency-Key has at most {LONGEST_KEY} printable ASCII characters.", field="Idempotency-Key"
        )
    return text


#: The request's Idempotency-Key.
Key = Annotated[str, Depends(_key)]


async def _order_number(number: str) -> str:
    if not is_order_number(number.upper()):
        raise NotFound("There is no such order.")
    return number.upper()


#: An order number of the path.
Number = Annotated[str, Depends(_order_number)]
