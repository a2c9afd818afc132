"""The magic phone numbers: 2547000000NN chooses story NN without a human. Data only; `playback` plays it.

Times are real-world seconds after the push, taken from recorded callbacks; "late" counts from the late moment.
"""

from sandbox.daraja.codes import UNREACHABLE, Code
from sandbox.daraja.script import Call, Metadata, Push, Reversal, Settle, Step, Story, Sum

PREFIX = "2547000000"
"""What every magic number begins with; two digits follow."""

PAID: tuple[Step, ...] = (Settle(15), Call(16.5))
PAID_SLOWLY: tuple[Step, ...] = (Settle(45), Call(46.5))
LATE: tuple[Step, ...] = (Settle(0, late=True), Call(1.5, late=True))


def _fails(at: float, code: Code, text: str | None = None) -> tuple[Step, ...]:
    return (Settle(at, code, text=text), Call(at + 1.5))


_BOUGHT = "Order paid, receipt known."
_RETRY = "Attempt failed; another may be started."
_LATE = "Stock still there: reserved again and paid. Stock gone: the money is reversed by itself."

STORIES: tuple[Story, ...] = (
    Story(PREFIX + "01", "paid", "Paid", "PIN typed after 15 s, callback 1.5 s later.", _BOUGHT, "paid", PAID),
    Story(PREFIX + "02", "cancelled", "Cancelled", "The buyer presses cancel: 1032.", _RETRY, "failed",
          _fails(10, 1032)),
    Story(PREFIX + "03", "wrong-pin", "Wrong PIN", "A wrong PIN ends the prompt: 2001.", _RETRY, "failed",
          _fails(9, 2001)),
    Story(PREFIX + "04", "no-funds", "Insufficient funds", "The balance is too small: 1.", _RETRY, "failed",
          _fails(10, 1)),
    Story(PREFIX + "05", "no-answer", "No answer", "The prompt rings out after 27 s: 1037.", _RETRY, "failed",
          _fails(27, 1037)),
    Story(PREFIX + "06", "unreachable", "Phone off", "No prompt is ever seen; 1037 'DS timeout' after 40 s.",
          _RETRY, "failed", _fails(40, 1037, UNREACHABLE), prompt_seen=False),
    Story(PREFIX + "07", "callback-lost", "Paid, callback lost", "The money moves, no callback ever comes.",
          "A delayed check finds the payment; receipt unknown until the provider's record is read.", "paid",
          (Settle(15),)),
    Story(PREFIX + "08", "callback-thrice", "Paid, callback three times", "Three equal callbacks in parallel.",
          "One settlement, one e-mail.", "paid", (Settle(15), Call(16.5, times=3))),
    Story(PREFIX + "09", "callback-first", "Callback before the response",
          "The success callback is delivered before the push is answered.", "Matched by the token; order paid.",
          "paid", (Settle(0), Call(0)), Push.CALLBACK_FIRST),
    Story(PREFIX + "10", "response-lost", "Push response lost, but paid",
          "The push is accepted; its answer never arrives; the buyer pays.",
          "Unknown, never pushed again; the callback settles it.", "paid", PAID, Push.ANSWER_LOST),
    Story(PREFIX + "11", "paid-late", "Paid after the hold expired",
          "Pending on query until the hold is long over, then the money and its callback come.", _LATE, "late", LATE),
    Story(PREFIX + "12", "conflicting-failures", "Conflicting failure codes",
          "Callbacks 1037, 1019, 1019 for one prompt.", _RETRY, "failed",
          (Settle(27, 1037), Call(28.5), Settle(60, 1019), Call(61.5), Call(62.5))),
    Story(PREFIX + "13", "provider-down", "Provider down", "The push answers 503 at once; nothing is accepted.",
          "No second push by itself; the attempt ends without money.", "refused", push=Push.DOWN),
    Story(PREFIX + "14", "pending-500", "Pending in the old style, then paid",
          "STK Query answers HTTP 500 500.001.1001 while pending; paid after 45 s.", _BOUGHT, "paid", PAID_SLOWLY,
          pending_style="500"),
    Story(PREFIX + "15", "pending-4999", "Pending as 4999, then paid",
          "STK Query answers HTTP 200 code 4999 while pending; paid after 45 s.", _BOUGHT, "paid", PAID_SLOWLY,
          pending_style="4999"),
    Story(PREFIX + "16", "vendor-code", "Callback with a string code",
          "The only callback says BW-JMS-100039; the query says paid.", "Unknown code asks the query; order paid.",
          "paid", (Settle(15), Call(16.5, "BW-JMS-100039"))),
    Story(PREFIX + "17", "rule-limited", "Rule limited", "17: the same amount again within 2 minutes.",
          "Attempt failed; a retry has to wait 2 minutes.", "failed", _fails(2, 17)),
    Story(PREFIX + "18", "failure-then-money", "Failure first, money after all",
          "Callback and query say 1037; at 60 s the money comes, with query 0 and a success callback.",
          "Money in wins: order paid (or refunded when another attempt has paid it).", "paid",
          (Settle(27, 1037), Call(28.5), Settle(60), Call(61.5))),
    Story(PREFIX + "19", "spike-arrest", "Query rate limited", "STK Query answers the gateway's 429 first; paid.",
          "The check backs off; order paid.", "paid", PAID, query_limited=True),
    Story(PREFIX + "20", "token-killed", "Token invalidated", "The push is refused once with 404.001.03.",
          "A new token is fetched once and the push repeated: it was never accepted. Order paid.", "paid", PAID,
          Push.TOKEN_KILLED_ONCE),
    Story(PREFIX + "21", "metadata-quirks", "Odd metadata", "Amount as 1.00, Balance without a Value.", _BOUGHT,
          "paid", PAID, metadata=Metadata.QUIRKS),
    Story(PREFIX + "22", "cancelled-silently", "Cancelled, callback lost", "Cancelled; no callback; query 1032.",
          "A delayed check finds it: attempt failed.", "failed", (Settle(10, 1032),)),
    Story(PREFIX + "23", "subscriber-locked", "Another prompt is open", "1001: unable to lock subscriber.", _RETRY,
          "failed", _fails(2, 1001)),
    Story(PREFIX + "24", "paid-late-sold-out", "Paid late, stock gone",
          "Like 11, on its own number: sell the last unit to somebody else meanwhile.", _LATE, "late", LATE),
    Story(PREFIX + "25", "system-busy", "System is busy", "The push answers HTTP 500 500.003.02; nothing accepted.",
          "No second push by itself; the attempt ends without money.", "refused", push=Push.BUSY),
    Story(PREFIX + "26", "error-but-paid", "HTTP 500, but paid",
          "The push answers HTTP 500, yet the prompt appears and is paid.",
          "Unknown, never pushed again; the callback settles it.", "paid", PAID, Push.ERROR_THOUGH_ACCEPTED),
    Story(PREFIX + "27", "already-reversed", "Late money, already reversed",
          "Paid late; somebody reverses it first, so the shop's reversal says R000001.",
          "Paid again from stock, or 'already reversed' counts as refunded.", "late", LATE,
          reversal=Reversal.ALREADY_DONE),
    Story(PREFIX + "28", "no-float", "Late money, no float", "Paid late; a reversal fails with code 1.",
          "Paid again from stock, or the refund goes by B2C or to a person.", "late", LATE,
          reversal=Reversal.NO_FLOAT),
    Story(PREFIX + "29", "paid-less", "Less money than asked",
          "The callback claims about a tenth less; the provider's own record says the same.",
          "Never fulfilled; held for review.", "review", (Settle(15, sum=Sum.LESS), Call(16.5))),
    Story(PREFIX + "30", "paid-more", "More money than asked",
          "The callback claims about a tenth more; the provider's own record says the same.",
          "Paid; the difference goes back.", "refund_difference", (Settle(15, sum=Sum.MORE), Call(16.5))),
    Story(PREFIX + "31", "malformed-callback", "Malformed callback first", "A broken body, then the right one.",
          _BOUGHT, "paid", (Settle(15), Call(16.5, malformed=True), Call(17.5))),
    Story(PREFIX + "32", "unknown-code", "Unknown code, then paid",
          "9999 in callback and query until 60 s, then paid.", "Stays pending; then paid.", "paid",
          (Settle(15, 9999), Call(16.5), Settle(60), Call(61.5))),
    Story(PREFIX + "33", "reversal-result-lost", "Late money, reversal result lost",
          "Paid late; the reversal is done but its result never comes; a retry says R000001.",
          "Paid again from stock, or refunded once.", "late", LATE, reversal=Reversal.RESULT_LOST),
    Story(PREFIX + "34", "never-final", "Never final", "Pending for ever, no callback.",
          "Past the last check a dead letter and a person.", "open"),
    Story(PREFIX + "35", "twin-ids", "One CheckoutRequestID twice",
          "Every second push repeats the CheckoutRequestID of the one before; all are paid.",
          "Each order settles by its own token.", "paid", PAID, twin_ids=True),
    Story(PREFIX + "36", "id-24-digits", "A 24-digit id", "The shorter CheckoutRequestID of 2025-26; paid.", _BOUGHT,
          "paid", PAID, id_digits=24),
    Story(PREFIX + "37", "id-18-digits", "An 18-digit id", "The CheckoutRequestID form of 2020; paid.", _BOUGHT,
          "paid", PAID, id_digits=18),
    Story(PREFIX + "38", "code-without-text", "String code without a text",
          "The only callback says BW-HTTP-100300 and has no ResultDesc; the query says paid.",
          "Unknown code asks the query; order paid.", "paid", (Settle(15), Call(16.5, "BW-HTTP-100300"))),
    Story(PREFIX + "39", "credential-locked", "PIN locked", "8006: the customer's credential is locked.", _RETRY,
          "failed", _fails(9, 8006)),
    Story(PREFIX + "40", "not-permitted", "Wrong product", "2028: TransactionType and PartyB do not fit.",
          "Attempt failed; a configuration alarm.", "failed", _fails(3, 2028)),
    Story(PREFIX + "41", "no-operator", "String code, final", "SFC_IC0003: the operator does not exist.",
          "Attempt failed; a configuration alarm.", "failed", _fails(3, "SFC_IC0003")),
    Story(PREFIX + "42", "expired", "Transaction expired", "1019 after 60 s.", _RETRY, "failed", _fails(60, 1019)),
    Story(PREFIX + "43", "prompt-not-sent", "Prompt cannot be sent", "1025.", _RETRY, "failed", _fails(2, 1025)),
    Story(PREFIX + "44", "session-expired", "Channel session expired", "2026.", _RETRY, "failed", _fails(20, 2026)),
    Story(PREFIX + "45", "invalid-state", "Customer in an invalid state", "11.", _RETRY, "failed", _fails(9, 11)),
    Story(PREFIX + "46", "false-success", "Callback claims money that never moved",
          "The callback says paid; the provider's record says cancelled.",
          "The query decides: attempt failed, nothing is fulfilled.", "failed", (Settle(10, 1032), Call(11.5, 0))),
    Story(PREFIX + "47", "false-less", "Callback understates the amount",
          "All was paid; the callback claims about a tenth less.",
          "Review, or paid after Transaction Status shows the full amount.", "review",
          (Settle(15), Call(16.5, sum=Sum.LESS))),
    Story(PREFIX + "48", "false-more", "Callback overstates the amount",
          "The asked amount was paid; the callback claims about a tenth more.",
          "Paid; no money is given away on the callback's word.", "paid", (Settle(15), Call(16.5, sum=Sum.MORE))),
    Story(PREFIX + "49", "metadata-odd", "Odder metadata",
          "Balance as a string, no PhoneNumber, dated 150 s before the push.", _BOUGHT, "paid", PAID,
          metadata=Metadata.ODD),
    Story(PREFIX + "50", "callback-slow", "Paid, callback 90 s late", "The query knows long before the callback.",
          "A check settles; the receipt follows.", "paid", (Settle(15), Call(105))),
    Story(PREFIX + "51", "reversal-timed-out", "Late money, reversal timed out",
          "Paid late; the reversal is done, but only QueueTimeOutURL is called; a retry says R000001.",
          "Paid again from stock, or refunded once.", "late", LATE, reversal=Reversal.TIMED_OUT),
    Story(PREFIX + "52", "query-busy", "Query is busy", "STK Query answers 500.003.02 three times; paid.",
          "The check backs off; order paid.", "paid", PAID, query_busy=3),
    Story(PREFIX + "53", "query-too-early", "Query does not know the id yet",
          "STK Query answers Invalid CheckoutRequestID for 30 s; paid after 15 s.",
          "Stays pending; the next check settles.", "paid", PAID, query_unknown_seconds=30),
    Story(PREFIX + "54", "failure-twice", "Cancelled, callback twice", "1032 in two callbacks.", _RETRY, "failed",
          (Settle(10, 1032), Call(11.5, times=2))),
    Story(PREFIX + "55", "not-a-test-phone", "Not the sandbox's test phone", "E3008, a string code.", _RETRY,
          "failed", _fails(3, "E3008")),
    Story(PREFIX + "56", "false-failure", "Callback denies money that moved",
          "The only callback says 1032; the query says paid.", "The query decides: order paid.", "paid",
          (Settle(15), Call(16.5, 1032))),
)  # fmt: skip

_BY_NUMBER = {story.number: story for story in STORIES}


def story_of(number: str) -> Story | None:
    """The story of a magic number (as 2547000000NN), None for any other number."""
    return _BY_NUMBER.get(number)


def by_slug(slug: str) -> Story:
    """The story with this slug. Raises KeyError."""
    return {story.slug: story for story in STORIES}[slug]
