"""What Daraja's result codes mean, and which of them end a payment or a refund.

Only codes known to be final end anything (provider facts, 1.4): an unknown code keeps a payment pending. Texts are
never read here, because Safaricom rewords them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PAID_CODE = "0"
#: The same amount to the same customer is refused for two minutes (code 17, "Rule limited").
SAME_AMOUNT_COOLDOWN_SECONDS = 120


class Finality(Enum):
    """Whether a result code ends the matter."""

    PAID = "paid"
    REFUSED = "refused"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one STK result code means.

    Parameters
    ----------
    code
        The code as text; Daraja sends it as a number or a string.
    reason
        One of `payments.reasons.REASONS` when the payment was refused, else None.
    retry_after_seconds
        How long the next attempt must wait.
    """

    code: str
    finality: Finality
    reason: str | None = None
    retry_after_seconds: int = 0


#: Every STK result code known to end a payment without money, with the port's reason for it.
FINAL_REASONS: dict[str, str] = {
    "1": "insufficient_funds",
    "2": "limit_reached",
    "3": "limit_reached",
    "4": "limit_reached",
    "8": "limit_reached",
    "11": "account_blocked",
    "17": "too_soon",
    "1001": "busy",
    "1019": "no_answer",
    "1025": "provider_unavailable",
    "1031": "cancelled",
    "1032": "cancelled",
    "1036": "unreachable",
    # One code for a prompt left alone and for a phone that is off; only the text differs, and it changes.
    "1037": "no_answer",
    "2001": "wrong_pin",
    "2026": "no_answer",
    "2028": "shop_misconfigured",
    "8006": "account_blocked",
    "SFC_IC0003": "shop_misconfigured",
    "E3008": "number_invalid",
}

_RETRY_AFTER = {"17": SAME_AMOUNT_COOLDOWN_SECONDS}


def classify(code: str) -> Verdict:
    """Return what an STK result code means; one that is not in the table leaves the payment open.

    Open on purpose: 4999 (still being processed), 26 (system busy), 9999 and the platform's own ``BW-…`` strings.
    """
    if code == PAID_CODE:
        return Verdict(code, Finality.PAID)
    reason = FINAL_REASONS.get(code)
    if reason is None:
        return Verdict(code, Finality.OPEN)
    return Verdict(code, Finality.REFUSED, reason, _RETRY_AFTER.get(code, 0))


#: Result codes of Reversal and B2C after which the money is back: R000001 says that an earlier try did it.
REFUND_DONE = frozenset({PAID_CODE, "R000001"})

#: Result codes of Reversal and B2C after which the same request can never succeed, with why.
REFUND_IMPOSSIBLE: dict[str, str] = {
    "1": "no_float",
    "2": "limit_reached",
    "3": "limit_reached",
    "4": "limit_reached",
    "8": "limit_reached",
    "11": "account_blocked",
    "21": "initiator_refused",
    "2001": "initiator_refused",
    "2006": "account_blocked",
    "2028": "shop_misconfigured",
    "2040": "recipient_invalid",
    "8006": "initiator_refused",
    "R000002": "receipt_invalid",
    "SFC_IC0003": "recipient_invalid",
}
