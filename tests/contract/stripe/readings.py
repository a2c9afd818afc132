"""Stripe's sample objects on their way through the SDK and the provider: what each comes to, and what decides it.

The fixtures have no errors and no lists; those are written out as Stripe documents them (docs.stripe.com/api/errors,
docs.stripe.com/api/pagination).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from commerce.payments.port import (
    Doubtful,
    OutcomeUnknown,
    Paid,
    Pending,
    Prompted,
    RefundAccepted,
    RefundDone,
    RefundImpossible,
    RefundUnknown,
    Refused,
    Statement,
)
from commerce.payments.providers.stripe.events import ChargeNews, Dropped, PaymentNews, read_event
from tests.contract.mutations import Names
from tests.contract.readings import Reading
from tests.contract.safe_side import Nothing
from tests.contract.stripe.doubles import (
    CHARGE,
    INTENT,
    NUMBER,
    Body,
    charge,
    failure,
    intent,
    look_up_request,
    page,
    provider_over,
    refund,
    refund_request,
    sample,
    start_request,
)

EVENT = "evt_1Pgc76B7WZ01zgkWwyRHS12y"
BOUND = frozenset({("amount",), ("currency",), ("metadata", "order_number"), ("metadata", "attempt")})
STARTED = BOUND | {("id",), ("client_secret",)}
SEEN = BOUND | {("status",), ("amount_received",)}
ENTRY = frozenset({("id",), ("amount",), ("currency",), ("status",), ("failure_reason",), ("metadata", "reference")})
ERROR = frozenset({("error", "type"), ("error", "code"), ("error", "decline_code"), ("error", "param")})
PAGE = frozenset(("data", *names) for names in ENTRY) | {("has_more",)}
BOOK = frozenset({("amount_captured",), ("disputed",)})
DISPUTE = frozenset({("data", "id"), ("data", "amount"), ("data", "status"), ("data", "reason"), ("has_more",)})


class Account:
    """A provider to whom Stripe answers one body, and to all else what belongs there."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.others: dict[str, Body] = {}
        self.provider = provider_over(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.path.removeprefix('/stripe/v1')}"
        other = self.others.get(asked)
        if other is AGAIN:
            assert says_none_is_ours(self.body), "a refund is made while nobody can tell whether it was made before"
        if other is not None:
            return httpx.Response(200, content=json.dumps(other))
        return httpx.Response(self.status, content=self.body)

    def start(self) -> Any:
        return self.provider.start(start_request())

    def look_up(self) -> Any:
        return self.provider.look_up(look_up_request())

    def cancel(self) -> Any:
        return self.provider.cancel(look_up_request())

    def refund(self) -> Any:
        return self.provider.refund(refund_request())

    def refund_again(self) -> Any:
        return self.provider.refund(refund_request(sent_as="re_1"))

    def statement(self) -> Any:
        found = self.provider.statement(CHARGE)
        return Nothing() if found is None else found


def says_none_is_ours(page: bytes) -> bool:
    """Tell whether a page of refunds can be read throughout, and none bears the reference that is looked for."""
    entries = json.loads(page)["data"]
    for entry in entries:
        said = entry["metadata"] if entry["metadata"] is not None else {}
        reference = said.get("reference", "of somebody else")
        if not isinstance(reference, str) or not reference.strip() or reference.strip() == f"{NUMBER}-R1":
            return False
    return True


#: One for all: making the SDK's client and its transport for every body would take longer than the bodies.
ACCOUNT = Account()
AGAIN = refund("re_made_again")
NO_REFUNDS = {"GET /refunds": page()}
BOOKS = {
    f"GET /charges/{CHARGE}": charge(disputed=True),
    "GET /refunds": page(refund("re_1"), refund("re_2", "pending", amount=5, metadata={})),
    "GET /disputes": page(sample("dispute", id="dp_1", status="lost", amount=120_000, reason="fraudulent")),
}


def reader(ask: Callable[[Account], Any], status: int = 200, others: dict[str, Body] | None = None) -> Any:
    def read(body: bytes) -> Any:
        ACCOUNT.status, ACCOUNT.body, ACCOUNT.others = status, body, others or {}
        return ask(ACCOUNT)

    return read


def readings() -> Iterator[Reading]:
    """Yield every sample with each of its readers."""
    yield from _of_intents()
    yield from _of_refunds()
    yield from _of_books()
    yield from _of_errors()
    yield from _of_events()


def _made(
    name: str,
    body: Body,
    read: Any,
    outcome: Any,
    deciding: frozenset[Names],
    *also: object,
    needed: frozenset[Names] = frozenset(),
) -> Reading:
    return Reading(name, json.dumps(body), read, outcome, deciding, also=frozenset(also), needed=needed)


def _of_intents() -> Iterator[Reading]:
    handed = frozenset({("id",), ("client_secret",)})
    yield _made("start", intent(), reader(Account.start), Prompted, STARTED, needed=handed)
    states: dict[str, tuple[Body, Any]] = {
        "succeeded": (intent("succeeded"), Paid(CHARGE, 120_000)),
        "canceled": (intent("canceled"), Refused("canceled", "cancelled")),
        "processing": (intent("processing"), Pending("processing")),
        "declined": (intent(), Pending("requires_payment_method", awaiting_buyer=True)),
        "another's": (intent("succeeded", metadata={"order_number": "OTHER00000", "attempt": "1"}), Doubtful),
    }
    for name, (body, outcome) in states.items():
        certain = isinstance(outcome, Paid | Refused)
        needed = BOUND | {("status",), *([("amount_received",)] if isinstance(outcome, Paid) else [])}
        yield _made(f"look-up: {name}", body, reader(Account.look_up), outcome, SEEN | {("latest_charge",)},
                    needed=needed if certain else frozenset())  # fmt: skip
    whole, paid = intent("succeeded", latest_charge=charge()), Paid(CHARGE, 120_000)
    yield _made("look-up: its charge in full", whole, reader(Account.look_up), paid, SEEN | {("latest_charge", "id")})


def _of_refunds() -> Iterator[Reading]:
    states: dict[str, tuple[Body, Any]] = {
        "succeeded": (refund("re_1"), RefundDone("re_1")),
        "pending": (refund("re_1", "pending"), RefundAccepted("re_1")),
        "failed": (refund("re_1", "failed", failure_reason="expired_or_canceled_card"), RefundImpossible),
        "canceled": (refund("re_1", "canceled"), RefundImpossible),
    }
    for name, (body, outcome) in states.items():
        needed = frozenset({("id",), *([] if name == "pending" else [("amount",), ("currency",), ("status",)])})
        yield _made(f"refund made: {name}", body, reader(Account.refund, others=NO_REFUNDS), outcome, ENTRY, "failed",
                    needed=needed)  # fmt: skip
        yield _made(f"refund asked for: {name}", body, reader(Account.refund_again), outcome, ENTRY, "failed",
                    needed=needed)  # fmt: skip
    yield _made("refund found", page(refund("re_1")), reader(Account.refund, others={"POST /refunds": AGAIN}),
                RefundDone("re_1"), PAGE, AGAIN["id"])  # fmt: skip


def _of_books() -> Iterator[Reading]:
    for asked, deciding in zip(BOOKS, (BOOK, PAGE, DISPUTE), strict=True):
        others = {name: body for name, body in BOOKS.items() if name != asked}
        yield _made(asked, BOOKS[asked], reader(Account.statement, others=others), Statement, deciding, "unknown")


def _of_errors() -> Iterator[Reading]:
    declined = failure(402, "card_error", "card_declined", decline_code="insufficient_funds", doc_url="https://x")
    small = failure(400, "invalid_request_error", "amount_too_small", param="amount")
    errors: dict[str, tuple[httpx.Response, Any, Any]] = {
        "declined": (declined, Refused("card_declined", "insufficient_funds"), RefundImpossible),
        "too small": (small, Refused("amount_too_small", "shop_misconfigured"), RefundImpossible),
        "disputed": (failure(400, "invalid_request_error", "charge_disputed"), Refused, RefundImpossible),
        "key in use": (failure(409, "idempotency_error", "idempotency_key_in_use"), OutcomeUnknown, RefundUnknown),
        "key used": (failure(400, "idempotency_error"), OutcomeUnknown, RefundUnknown),
        "too many": (failure(429, "invalid_request_error", "rate_limit"), Refused, RefundUnknown),
        "key refused": (failure(401, "invalid_request_error"), Refused, RefundUnknown),
        "fault": (failure(500, "api_error"), OutcomeUnknown, RefundUnknown),
    }
    for name, (reply, start, refused) in errors.items():
        body, status = json.loads(reply.content), reply.status_code
        also = [str(status), "invalid_request_error", "card_error", f"{NUMBER}-R1"]
        yield _made(f"start: {name}", body, reader(Account.start, status), start, ERROR, *also)
        yield _made(f"refund: {name}", body, reader(Account.refund, status, NO_REFUNDS), refused, ERROR, *also)
    late = failure(400, "invalid_request_error", "payment_intent_unexpected_state", payment_intent=intent("succeeded"))
    deciding = frozenset(
        {("error", "payment_intent", *names) for names in SEEN}
        | {("error", "type"), ("error", "payment_intent", "latest_charge")}
    )
    yield _made("cancelled too late", json.loads(late.content), reader(Account.cancel, 400), Paid(CHARGE, 120_000),
                deciding)  # fmt: skip


def _of_events() -> Iterator[Reading]:
    def event(kind: str, about: Body) -> Body:
        return sample("event", type=kind, data={"object": about})

    inside = ("data", "object")
    named = frozenset({("id",), ("type",)})
    bound = named | {(*inside, "metadata", "order_number"), (*inside, "metadata", "attempt")}
    charged = named | {(*inside, "charge")}
    yield _made("event: succeeded", event("payment_intent.succeeded", intent("succeeded")), read_event,
                PaymentNews(EVENT, NUMBER, 1), bound)  # fmt: skip
    yield _made("event: refunded", event("charge.refunded", charge()), read_event, ChargeNews(EVENT, CHARGE),
                named | {(*inside, "id")})  # fmt: skip
    yield _made("event: refund", event("refund.updated", refund()), read_event, ChargeNews(EVENT, CHARGE), charged)
    disputed = sample("dispute", charge=CHARGE, payment_intent=INTENT)
    yield _made("event: disputed", event("charge.dispute.created", disputed), read_event, ChargeNews(EVENT, CHARGE),
                charged)  # fmt: skip
    yield _made("event: of no interest", event("customer.created", {"id": "cus_1"}), read_event, Dropped, named)
