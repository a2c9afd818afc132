"""Result codes and their texts. Texts change over time on the wire: a shop must never match on them."""

Code = int | str
"""A result code: an integer, except the vendor codes, which are strings."""

PAID: Code = 0

TEXTS: dict[Code, str] = {
    0: "The service request is processed successfully.",
    1: "The balance is insufficient for the transaction.",
    4: "The amount would exceed the daily transfer limit.",
    7: "The ReceiverParty information is invalid.",
    11: "The DebitParty is in an invalid state.",
    17: "Rule limited.",
    1001: "Unable to lock subscriber, a transaction is already in process for the current subscriber.",
    1019: "Transaction has expired.",
    1025: "An error occurred while sending a push request.",
    1032: "Request Cancelled by user.",
    1037: "No response from user.",
    2001: "The initiator information is invalid.",
    2026: "The channel session ID has expired.",
    2028: "The request is not permitted according to product assignment.",
    2032: "The transaction receipt number does not exist.",
    8006: "The security credential is locked.",
    9999: "Request failed.",
    "R000001": "The transaction has already been reversed.",
    "R000002": "The OriginalTransactionID is invalid.",
    "SFC_IC0003": "The operator does not exist.",
    "BW-JMS-100039": "System internal error.",
    "E3008": "The subscriber is not a test subscriber.",
}

UNREACHABLE = "DS timeout user cannot be reached."
"""The other text of code 1037: the phone is off, or another prompt is open on it."""

PENDING = "The transaction is still under processing"
"""Text of STK Query's code 4999."""


def text_of(code: Code) -> str | None:
    """The text that goes with a code; BW-HTTP-100300 was recorded without any."""
    return TEXTS.get(code)
