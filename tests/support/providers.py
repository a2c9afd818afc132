"""A payment provider that does what a test says, in this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from commerce.payments.port import (
    LookUpOutcome,
    LookUpRequest,
    PaymentRecord,
    Pending,
    Prompted,
    RecordRequest,
    References,
    RefundAccepted,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
    StartOutcome,
    StartRequest,
    Statement,
)
from commerce.payments.providers.daraja.outcomes import interpret_result, payment_record
from commerce.payments.providers.daraja.provider import DarajaProvider
from commerce.payments.providers.daraja.wire import MalformedBody


@dataclass
class ScriptedProvider:
    """Answers what it is told to, and remembers what it was asked."""

    name: str = "daraja"
    capabilities = DarajaProvider.capabilities
    on_start: Callable[[StartRequest], StartOutcome] | None = None
    on_look_up: Callable[[References], LookUpOutcome] | None = None
    on_refund: Callable[[RefundRequest], RefundOutcome] | None = None
    started: list[StartRequest] = field(default_factory=list)
    looked_up: list[References] = field(default_factory=list)
    refunded: list[RefundRequest] = field(default_factory=list)
    asked: list[RecordRequest] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    def start(self, request: StartRequest) -> StartOutcome:
        self.started.append(request)
        if self.on_start:
            return self.on_start(request)
        number = next(self._ids)
        return Prompted(References(f"m-{number}", f"ws_CO_{number}"))

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        self.looked_up.append(request.references)
        return self.on_look_up(request.references) if self.on_look_up else Pending("4999")

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        return self.look_up(request)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        self.refunded.append(request)
        return self.on_refund(request) if self.on_refund else RefundAccepted(f"AG_{len(self.refunded)}")

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        try:
            return interpret_result(body, "timeout" if timed_out else "result")
        except MalformedBody:
            return RefundUnknown("unreadable")

    def ask_for_record(self, request: RecordRequest) -> bool:
        self.asked.append(request)
        return True

    def read_record(self, body: str) -> PaymentRecord | None:
        return payment_record(body)

    def statement(self, receipt: str) -> Statement | None:
        return None
