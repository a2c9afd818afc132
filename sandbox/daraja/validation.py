"""Field checks of every request, with Daraja's own texts. Fields may be JSON strings or numbers, as on the wire."""

import base64
import re
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from sandbox.daraja.faults import Json, invalid, unknown_merchant, wrong_credentials
from sandbox.daraja.options import DarajaOptions, Merchant

PHONE = re.compile(r"254[17]\d{8}")
SHORTCODE = re.compile(r"\d{5,7}")
MAXIMUM_AMOUNT = 250_000
PLACEHOLDER_HOSTS = ("localhost", "example.com", "example.org", "mydomain.com")
REFUSED_WORDS = {"mpesa", "safaricom", "exe", "cmd", "sql", "query"}
"""Words that get a callback path refused, when they stand alone between other characters."""


def text(body: Json, name: str, *, named: str | None = None, maximum: int = 200, minimum: int = 1) -> str:
    """A member as text. Raises 400.002.02 naming `named` (or the member itself)."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise invalid(named or name)
    if not minimum <= len(str(value).strip()) <= maximum:
        raise invalid(named or name)
    return str(value).strip()


def matching(body: Json, name: str, pattern: re.Pattern[str]) -> str:
    """A member that matches the pattern as a whole."""
    value = text(body, name)
    if not pattern.fullmatch(value):
        raise invalid(name)
    return value


def amount(body: Json) -> int:
    """Whole KES from 1 to 250,000 per transaction."""
    value = text(body, "Amount")
    if not re.fullmatch(r"\d{1,9}", value) or not 1 <= int(value) <= MAXIMUM_AMOUNT:
        raise invalid("Amount")
    return int(value)


def remarks(body: Json) -> str:
    """Remarks of 2 to 100 characters (reversal, status, payout)."""
    return text(body, "Remarks", minimum=2, maximum=100)


def web_address(body: Json, name: str, options: DarajaOptions) -> str:
    """A public http(s) URL; loopback only when the options allow it; placeholders and touchy words never."""
    value = text(body, name, maximum=2_000)
    try:
        parts = urlsplit(value)
        host = (parts.hostname or "").lower()
        parts.port  # noqa: B018 - reading it raises ValueError for a port that is none
    except ValueError:
        raise invalid(name) from None
    if parts.scheme not in ("http", "https") or not host:
        raise invalid(name)
    if set(re.split(r"[^a-z0-9]+", parts.path.lower())) & REFUSED_WORDS:
        raise invalid(name)
    if _is_loopback(host):
        if not options.allow_loopback_callbacks:
            raise invalid(name)
    elif host in PLACEHOLDER_HOSTS or "." not in host:
        raise invalid(name)
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def signed_merchant(body: Json, options: DarajaOptions) -> Merchant:
    """The merchant of a push or query, after BusinessShortCode, Timestamp and Password were checked.

    The time zone and age of Timestamp are not checked: the platform accepts a clock that is minutes off.
    """
    shortcode = matching(body, "BusinessShortCode", SHORTCODE)
    timestamp = matching(body, "Timestamp", re.compile(r"\d{14}"))
    try:
        datetime.strptime(timestamp, "%Y%m%d%H%M%S")
    except ValueError:
        raise invalid("Timestamp") from None
    password = text(body, "Password", maximum=2_000)
    merchant = options.merchants.get(shortcode)
    if merchant is None:
        raise unknown_merchant()
    if password != base64.b64encode(f"{shortcode}{merchant.passkey}{timestamp}".encode()).decode():
        raise wrong_credentials()
    return merchant
