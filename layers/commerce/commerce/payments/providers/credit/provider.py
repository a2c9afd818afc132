"""Takes nothing: the order's commit has already debited the store credit and used the voucher."""

from __future__ import annotations

from commerce.payments.port import (
    LookUpOutcome,
    LookUpRequest,
    Paid,
    PaymentRecord,
    RecordRequest,
    RefundDone,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
    Refused,
    StartOutcome,
    StartRequest,
    Statement,
)
from commerce.payments.providers.credit.registration import CAPABILITIES


class CreditProvider:
    """Confirms attempts that collect nothing, so that every order is paid in the same way."""

    name = "credit"
    capabilities = CAPABILITIES

    def start(self, request: StartRequest) -> StartOutcome:
        """Confirm at once."""
        return self._answer(request)

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        """Confirm again."""
        return self._answer(request.start)

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        """Confirm again: what costs nothing is paid."""
        return self._answer(request.start)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Confirm that nothing is given back; an amount is refused, for none was taken."""
        return RefundDone() if request.amount.amount == 0 else RefundImpossible("amount", "amount_invalid")

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        """Return that a report says nothing: nobody reports to this provider."""
        return RefundUnknown("no provider reports here")

    def ask_for_record(self, request: RecordRequest) -> bool:
        """Return False: there is no record to ask for."""
        return False

    def read_record(self, body: str) -> PaymentRecord | None:
        """Return None: there is no record."""
        return None

    def statement(self, receipt: str) -> Statement | None:
        """Return None: there are no books beside the shop's own."""
        return None

    @staticmethod
    def _answer(request: StartRequest) -> Paid | Refused:
        return Paid(captured=0) if request.amount.amount == 0 else Refused("amount", "shop_misconfigured")
