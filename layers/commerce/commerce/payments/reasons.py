"""Why payments and refunds fail, in words that outlive the providers' codes: for buyers, and for staff."""

from __future__ import annotations

#: Why a payment did not happen, in words that outlive a provider's codes, with what to tell the buyer.
REASONS: dict[str, str] = {
    "cancelled": "The payment was cancelled. You can try again.",
    "wrong_pin": "The M-Pesa PIN was wrong. You can try again.",
    "insufficient_funds": "There was not enough money in the account. Top up or pay in another way.",
    "no_answer": "The prompt was not answered in time. You can try again.",
    "unreachable": "The phone could not be reached. Check that it is on and has network, then try again.",
    "busy": "Another M-Pesa request is open on this phone. Finish it, wait a minute, then try again.",
    "too_soon": "The same amount was paid from this number a moment ago. Wait two minutes before trying again.",
    "limit_reached": "This payment is beyond the account's limits. Pay in another way or order less.",
    "account_blocked": "This M-Pesa account cannot pay at present. Use another number, or ask Safaricom on 100.",
    "number_invalid": "This number cannot pay by M-Pesa. Check it or use another.",
    "provider_unavailable": "The payment service cannot be reached. Nothing was charged. Try again in a few minutes.",
    "shop_misconfigured": "The shop cannot take this payment at present. Nothing was charged. We have been told.",
    "declined": "The payment was declined. Nothing was charged. You can try again.",
}

#: Why a refund could not be made, with what the person who takes over should do.
REFUND_REASONS: dict[str, str] = {
    "no_float": "The shop's account at the provider does not hold enough money. Top it up, then start again.",
    "no_result": "The provider never said how it ended. Look it up there before anything else; starting again is safe.",
    "refund_failed": "The provider took the refund and could not carry it out. See there why, then start it again.",
    "cancelled": "The refund was cancelled at the provider. Find out why, then start it again.",
    "already_refunded": "The whole payment was given back already, not by this refund. Compare the provider's books.",
    "disputed": "The buyer's bank has the money under dispute. Answer the dispute; do not pay twice.",
    "not_refundable": "The provider cannot refund this payment any more. Pay the buyer another way, settle it by hand.",
    "recipient_invalid": "The buyer's account did not take the money. Pay the buyer another way and settle it by hand.",
    "number_invalid": "The buyer's number is none that can be paid. Pay the buyer another way and settle it by hand.",
    "receipt_invalid": "The provider does not know the payment. Check which account took it.",
    "amount_invalid": "The provider does not give back such an amount.",
    "limit_reached": "The amount is outside the provider's limits for this account or buyer.",
    "account_blocked": "The shop's account, or the buyer's, cannot take part at present.",
    "initiator_refused": "The initiator's name, password or rights were refused. Renew them at the M-Pesa portal.",
    "shop_misconfigured": "The provider refused the request as it is configured. Check account, keys and addresses.",
}
