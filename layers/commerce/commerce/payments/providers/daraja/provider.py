"""M-Pesa through Daraja, as the payments area's port wants it."""

from __future__ import annotations

import logging

from commerce.kernel.money import MINOR_PER_MAJOR, Money
from commerce.payments.port import (
    LookUpOutcome,
    LookUpRequest,
    OutcomeUnknown,
    PaymentRecord,
    Pending,
    RecordRequest,
    RefundImpossible,
    RefundOutcome,
    RefundRequest,
    RefundUnknown,
    Refused,
    StartOutcome,
    StartRequest,
    Statement,
)
from commerce.payments.providers.daraja import outcomes
from commerce.payments.providers.daraja.client import DarajaClient
from commerce.payments.providers.daraja.failures import NoAnswer, NotSent
from commerce.payments.providers.daraja.payloads import msisdn
from commerce.payments.providers.daraja.registration import CAPABILITIES
from commerce.payments.providers.daraja.wire import MalformedBody

logger = logging.getLogger(__name__)


class DarajaProvider:
    """Takes KES 1 to 250,000 in whole shillings by M-Pesa, and gives it back (provider facts, section 1)."""

    name = "daraja"
    capabilities = CAPABILITIES

    def __init__(self, client: DarajaClient) -> None:
        self._client = client

    def start(self, request: StartRequest) -> StartOutcome:
        """Send one STK push. A time-out or a broken connection after sending is `OutcomeUnknown`, never a refusal."""
        outcome = self._start(request)
        logger.info(
            "daraja push for order %s, attempt %d: %s", request.order_number, request.attempt, type(outcome).__name__
        )
        return outcome

    def _start(self, request: StartRequest) -> StartOutcome:
        if not chargeable(request.amount):
            return Refused("amount", "shop_misconfigured")
        if msisdn(request.phone) is None:
            return Refused("phone", "number_invalid")
        try:
            return outcomes.start_outcome(self._client.push(request))
        except NotSent as error:
            return Refused(error.code, error.reason)
        except NoAnswer as error:
            return OutcomeUnknown(error.detail)

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        """Ask STK Query about a push; without its CheckoutRequestID there is nothing to ask."""
        references = request.references
        if not references.payment_id:
            return Pending("no reference")
        try:
            return outcomes.look_up_outcome(self._client.query(references.payment_id), references)
        except NotSent as error:
            return Pending(error.code, failed=True)
        except NoAnswer as error:
            return Pending(error.detail, failed=True)

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        """Look the push up: Daraja has no way to take a prompt back."""
        return self.look_up(request)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Reverse the whole payment when its receipt is known; else pay the amount out by B2C.

        Safe to repeat with the very same request: a reversal by its receipt, a payout by its reference. A repeat that
        has learnt the receipt meanwhile would take the other way and pay twice, so the caller keeps the first request.
        """
        same_currency = request.captured.currency is request.amount.currency
        if not chargeable(request.amount) or not same_currency or request.captured < request.amount:
            return RefundImpossible("amount", "amount_invalid")
        try:
            if request.receipt is not None and request.amount == request.captured:
                answer = self._client.reverse(request.receipt, request)
            elif msisdn(request.phone) is None:
                return RefundImpossible("phone", "number_invalid")
            else:
                answer = self._client.b2c(request)
        except NotSent as error:
            return RefundUnknown(error.code)
        except NoAnswer as error:
            return RefundUnknown(error.detail)
        return outcomes.refund_outcome(answer, request.reference)

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        """Return what a Result posted for a refund means. What cannot be read says nothing."""
        try:
            return outcomes.interpret_result(body, "timeout" if timed_out else "result")
        except MalformedBody as error:
            return RefundUnknown(f"unreadable result: {error}")

    def ask_for_record(self, request: RecordRequest) -> bool:
        """Ask Transaction Status for a receipt's record; the answer comes as a Result."""
        try:
            answer = self._client.transaction_status(
                receipt=request.receipt, result_url=request.result_url, timeout_url=request.timeout_url
            )
        except (NotSent, NoAnswer):
            return False
        return 200 <= answer.status < 300

    def read_record(self, body: str) -> PaymentRecord | None:
        """Return the completed payment that a Transaction Status Result shows."""
        try:
            return outcomes.payment_record(body)
        except MalformedBody:
            return None

    def statement(self, receipt: str) -> Statement | None:
        """Return None: Daraja answers no question about a receipt at once (see `ask_for_record`)."""
        return None


def chargeable(amount: Money) -> bool:
    """Tell whether M-Pesa can move this amount at once: whole shillings, 1 to 250,000."""
    limits = CAPABILITIES.limits.get(amount.currency)
    return limits is not None and limits[0] <= amount.amount <= limits[1] and amount.amount % MINOR_PER_MAJOR == 0
