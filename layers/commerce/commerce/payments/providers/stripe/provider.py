"""Cards through Stripe, as the payments area's port wants it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

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
from commerce.payments.providers.stripe import intents, refunds, statements
from commerce.payments.providers.stripe.client import StripeApi
from commerce.payments.providers.stripe.failures import NoAnswer, NotSent
from commerce.payments.providers.stripe.registration import CAPABILITIES
from commerce.payments.providers.stripe.wire import Answer, entries, object_id

logger = logging.getLogger(__name__)

#: A payment with more refunds than fit ten pages of a hundred is for a person.
MOST_PAGES = 10

Found = list[Mapping[str, Any]]


class StripeProvider:
    """Takes cards in shillings and dollars by PaymentIntents, and gives the money back (provider facts, section 4)."""

    name = "stripe"
    capabilities = CAPABILITIES

    def __init__(self, client: StripeApi) -> None:
        self._client = client

    def start(self, request: StartRequest) -> StartOutcome:
        """Create the attempt's intent; the buyer pays it with what is handed over.

        Safe to repeat: the attempt's name is the Idempotency-Key, so Stripe gives the same intent again.
        """
        outcome = self._start(request)
        logger.info(
            "stripe intent for order %s, attempt %d: %s", request.order_number, request.attempt, type(outcome).__name__
        )
        return outcome

    def _start(self, request: StartRequest) -> StartOutcome:
        limits = CAPABILITIES.limits.get(request.amount.currency)
        if limits is None or not limits[0] <= request.amount.amount <= limits[1]:
            return Refused("amount", "shop_misconfigured")
        try:
            publishable_key = self._client.publishable_key
            return intents.start_outcome(self._client.create_intent(request), request, publishable_key)
        except NotSent as error:
            return Refused(error.code, "provider_unavailable")
        except NoAnswer as error:
            return OutcomeUnknown(error.detail)

    def look_up(self, request: LookUpRequest) -> LookUpOutcome:
        """Ask for the attempt's intent as it is now.

        Where its name was never learnt, creating it again under the same key tells it, but not how it is now: the
        answer is the one of the first time.
        """
        return self._ask(request, self._client.retrieve_intent)

    def cancel(self, request: LookUpRequest) -> LookUpOutcome:
        """Cancel the attempt's intent; one that is paid or being processed cannot be, and says so."""
        return self._ask(request, self._client.cancel_intent)

    def _ask(self, request: LookUpRequest, ask: Callable[[str], Answer]) -> LookUpOutcome:
        try:
            intent_id = request.references.payment_id
            if intent_id is None:
                created = self._client.create_intent(request.start)
                intent_id = object_id(created.body.get("id")) if created.good else None
                if intent_id is None:
                    return intents.look_up_outcome(created, request.start)
            return intents.look_up_outcome(ask(intent_id), request.start)
        except NotSent as error:
            return Pending(error.code, failed=True)
        except NoAnswer as error:
            return Pending(error.detail, failed=True)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back, or tell what became of it where Stripe has taken the request before.

        Nothing is given back twice: a refund that bears the reference is found among the payment's, whenever it was
        made (Stripe forgets keys after a day), and the Idempotency-Key holds those together that are made at the same
        moment. One that failed is not made anew under its reference, for which Stripe would repeat its first answer.
        """
        within = 0 < request.amount.amount <= request.captured.amount
        if request.amount.currency is not request.captured.currency or not within:
            return RefundImpossible("amount", "amount_invalid")
        if request.payment.payment_id is None and request.receipt is None:
            return RefundImpossible("payment", "receipt_invalid")
        try:
            if request.sent_as is not None:
                return refunds.refund_outcome(self._client.retrieve_refund(request.sent_as), request)
            return self._refund(request)
        except NotSent as error:
            return RefundUnknown(error.code)
        except NoAnswer as error:
            return RefundUnknown(error.detail)

    def _refund(self, request: RefundRequest) -> RefundOutcome:
        found = self._refunds_so_far(request)
        if found is None:
            return RefundUnknown("the refunds so far cannot be read")
        if (mine := refunds.ours(found, request)) is not None:
            return refunds.entry_outcome(mine, request)
        answer = self._client.create_refund(request)
        if answer.is_refusal and answer.error_code == refunds.ALREADY_REFUNDED:
            now = self._refunds_so_far(request)
            if now is None:
                return RefundUnknown("the refunds so far cannot be read")
            return refunds.already_refunded(now, request)
        return refunds.refund_outcome(answer, request)

    def _refunds_so_far(self, request: RefundRequest) -> Found | None:
        if request.payment.payment_id is not None:
            return self._pages(intent_id=request.payment.payment_id)
        return self._pages(charge=request.receipt)

    def _pages(self, *, intent_id: str | None = None, charge: str | None = None) -> Found | None:
        """Return all refunds of an intent or a charge; None when they cannot be had or read."""
        found: Found = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            answer = self._client.list_refunds(intent_id=intent_id, charge=charge, after=after)
            page = entries(answer.body) if answer.good else None
            if page is None or not all(map(refunds.bears_a_readable_name, page)):
                return None
            found += page
            if answer.body.get("has_more") is not True:
                return found
            after = object_id(page[-1].get("id")) if page else None
            if after is None:
                return None
        return None

    def interpret_refund(self, body: str, *, timed_out: bool) -> RefundOutcome:
        """Return that a report says nothing: Stripe's events are hints, and the refund itself is asked for."""
        return RefundUnknown("no report of a refund is read")

    def ask_for_record(self, request: RecordRequest) -> bool:
        """Return False: Stripe posts no records, for its look-up tells amount and receipt at once."""
        return False

    def read_record(self, body: str) -> PaymentRecord | None:
        """Return None: there is no record to read (see `ask_for_record`)."""
        return None

    def statement(self, receipt: str) -> Statement | None:
        """Return Stripe's books of a charge: what it captured, every refund, and the dispute that matters most."""
        try:
            charge = self._client.retrieve_charge(receipt)
            found = self._pages(charge=receipt) if charge.good else None
            if found is None:
                return None
            disputed: Found | None = []
            if charge.body.get("disputed") is not False:
                answer = self._client.list_disputes(receipt)
                disputed = entries(answer.body) if answer.good else None
        except (NotSent, NoAnswer):
            return None
        return None if disputed is None else statements.statement(charge.body, found, disputed)
