"""The identifiers the platform hands out, in the shapes seen in recorded traffic."""

import secrets
import string
from datetime import datetime, timedelta, timezone
from typing import Literal

EAT = timezone(timedelta(hours=3), "EAT")
"""East Africa Time: every time the platform writes into an id or a callback."""

IdDigits = Literal[26, 24, 18]
"""Digits of a CheckoutRequestID: 26 is today's form, 24 and 18 were seen too."""

RECEIPT_ALPHABET = string.digits + string.ascii_uppercase
DAY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


def eat_digits(moment: datetime) -> str:
    """`YYYYMMDDHHMMSS` in East Africa Time, as in TransactionDate."""
    return moment.astimezone(EAT).strftime("%Y%m%d%H%M%S")


def request_id() -> str:
    """A MerchantRequestID or OriginatorConversationID: hex groups 4-4-4-12 and then digits."""
    raw = secrets.token_hex(12)
    return f"{raw[:4]}-{raw[4:8]}-{raw[8:12]}-{raw[12:]}{secrets.randbelow(900_000) + 100_000}"


def conversation_id(moment: datetime) -> str:
    """A ConversationID such as `AG_20240706_20106e9209f64bebd05b`."""
    return f"AG_{moment.astimezone(EAT):%Y%m%d}_{secrets.token_hex(10)}"


def checkout_request_id(moment: datetime, phone: str, digits: IdDigits = 26) -> str:
    """`ws_CO_` + DDMMYYYYHHMMSS + fraction of the second + nine subscriber digits (shorter in older forms)."""
    local = moment.astimezone(EAT)
    stamp, milliseconds = f"{local:%d%m%Y%H%M%S}", f"{local.microsecond // 1000:03d}"
    if digits == 18:
        return f"ws_CO_{stamp}{milliseconds}{secrets.randbelow(10)}"
    return f"ws_CO_{stamp}{milliseconds[: digits - 23]}{phone[3:]}"


def _receipt_day(moment: datetime) -> str:
    local = moment.astimezone(EAT)
    year = string.ascii_uppercase[(local.year - 2006) % 26]
    return year + string.ascii_uppercase[local.month - 1] + DAY_ALPHABET[local.day]


def receipt(moment: datetime) -> str:
    """An M-Pesa receipt: year letter, month letter, day character, seven more (`UAV244DYDV` is 31 Jan 2026)."""
    return _receipt_day(moment) + "".join(secrets.choice(RECEIPT_ALPHABET) for _ in range(7))


def filler_receipt(moment: datetime) -> str:
    """The outer TransactionID of a result that moved no money: the day and seven zeros (`SB60000000`)."""
    return _receipt_day(moment) + "0" * 7


def access_token() -> str:
    """An OAuth access token: 28 letters and digits."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(28))
