"""What a story is made of: how the push is answered, what happens when, how later requests are treated."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from sandbox.daraja.codes import PAID, Code
from sandbox.daraja.identifiers import IdDigits
from sandbox.daraja.options import PendingStyle


class Push(Enum):
    """How the push request itself is answered."""

    ACKNOWLEDGED = "acknowledged"
    CALLBACK_FIRST = "the callback is delivered before the answer is sent"
    ANSWER_LOST = "accepted, but the answer never arrives"
    ERROR_THOUGH_ACCEPTED = "HTTP 500, yet the prompt appears"
    BUSY = "HTTP 500 System is busy, nothing accepted"
    DOWN = "HTTP 503, nothing accepted"
    TOKEN_KILLED_ONCE = "404.001.03 the first time, then acknowledged"


class Reversal(Enum):
    """How a reversal of this story's money goes."""

    NORMAL = "normal"
    ALREADY_DONE = "somebody reversed it before: R000001"
    NO_FLOAT = "the paybill has no float: code 1"
    RESULT_LOST = "done, but the result is never sent"
    TIMED_OUT = "done, but only the QueueTimeOutURL is called"


class Sum(Enum):
    """An amount, relative to the one the shop asked for."""

    ASKED = "asked"
    LESS = "less"
    MORE = "more"

    def of(self, asked: int) -> int:
        """The amount in whole KES: about a tenth less or more, never under 1."""
        if self is Sum.LESS:
            return max(1, asked - max(1, asked // 10))
        return asked + max(1, asked // 10) if self is Sum.MORE else asked


class Metadata(Enum):
    """The shape of a success callback's metadata."""

    PLAIN = "integer amount, no Balance item"
    QUIRKS = "Amount as float text, Balance without a Value"
    ODD = "Balance as a string, no PhoneNumber, dated before the push"


@dataclass(frozen=True)
class Settle:
    """The platform's own record becomes `code` (0: money moves) and STK Query answers it from now on."""

    at: float
    code: Code = PAID
    sum: Sum = Sum.ASKED
    late: bool = False
    """`at` counts from the late moment (`DarajaOptions.late_seconds`) instead of from the push."""
    text: str | None = None


@dataclass(frozen=True)
class Call:
    """A callback is sent: what the record says, or a `code` that claims something else."""

    at: float
    code: Code | None = None
    sum: Sum | None = None
    late: bool = False
    times: int = 1
    malformed: bool = False


Step = Settle | Call
Outcome = Literal["paid", "failed", "refused", "late", "review", "refund_difference", "open"]
"""What a right shop ends with.

paid: the order is paid. failed: the attempt failed and may be tried again. refused: no prompt ever existed; the shop
may know that (failed) or not (unknown). late: paid after the hold expired; confirmed if the stock is still there,
otherwise refunded. review: too little money came, a person decides. refund_difference: paid, the excess goes back.
open: never final; a dead letter and a person.
"""


@dataclass(frozen=True)
class Story:
    """One magic phone number and everything that happens to a push sent to it."""

    number: str
    slug: str
    title: str
    happens: str
    shop_ends: str
    outcome: Outcome
    steps: tuple[Step, ...] = ()
    push: Push = Push.ACKNOWLEDGED
    prompt_seen: bool = True
    """Whether the prompt reaches the phone's screen."""
    reversal: Reversal = Reversal.NORMAL
    metadata: Metadata = Metadata.PLAIN
    pending_style: PendingStyle | None = None
    id_digits: IdDigits = 26
    twin_ids: bool = False
    """Every second push to the number repeats the CheckoutRequestID of the one before."""
    query_limited: bool = False
    """STK Query answers 429 first, and is then limited to 5 per 60 s."""
    query_busy: int = 0
    """How many times STK Query first answers 500.003.02."""
    query_unknown_seconds: float = 0.0
    """For how long STK Query does not know the id yet."""
