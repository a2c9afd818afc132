"""Where Daraja is, who the shop is there, and what only the shop may know."""

from __future__ import annotations

from dataclasses import dataclass, field

PAY_BILL = "CustomerPayBillOnline"
BUY_GOODS = "CustomerBuyGoodsOnline"


@dataclass(frozen=True, slots=True)
class DarajaConfig:
    """One shortcode at one Daraja host.

    Parameters
    ----------
    base_url
        ``https://api.safaricom.co.ke``, ``https://sandbox.safaricom.co.ke`` or a simulator's; a path is kept.
    shortcode
        The paybill; for a till, its store or head-office number.
    party_b
        The till number. A paybill is its own receiver, so it is then left unread.
    payout_shortcode
        Who pays out by B2C, where that is a shortcode of its own: Safaricom gives bulk payments one.
    transaction_type
        `PAY_BILL` or `BUY_GOODS`.
    connect_timeout_seconds, read_timeout_seconds, write_timeout_seconds, pool_timeout_seconds
        Time-outs of one call. A push that times out while reading is unknown, so reading is given the most.

    Raises
    ------
    ValueError
        When the values cannot belong together.
    """

    base_url: str
    shortcode: str
    party_b: str = ""
    payout_shortcode: str = ""
    transaction_type: str = PAY_BILL
    connect_timeout_seconds: float = 3.0
    read_timeout_seconds: float = 12.0
    write_timeout_seconds: float = 5.0
    pool_timeout_seconds: float = 2.0

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("https://", "http://")):
            raise ValueError("Daraja's base URL must be http or https")
        if not all(code.isascii() and code.isdigit() for code in (self.shortcode, self.payout_shortcode) if code):
            raise ValueError("a shortcode is a number")
        if not self.shortcode:
            raise ValueError("the shortcode is a number")
        if self.transaction_type not in (PAY_BILL, BUY_GOODS):
            raise ValueError(f"the transaction type is {PAY_BILL} or {BUY_GOODS}")
        if self.transaction_type == BUY_GOODS and not (self.party_b.isascii() and self.party_b.isdigit()):
            raise ValueError("buy goods needs the till number")

    @property
    def payer(self) -> str:
        """Who pays out by B2C."""
        return self.payout_shortcode or self.shortcode

    @property
    def receiver(self) -> str:
        """Who gets the money: the till, or the paybill itself. A wrong pair fails with code 2028."""
        return self.party_b if self.transaction_type == BUY_GOODS else self.shortcode


@dataclass(frozen=True, slots=True)
class DarajaCredentials:
    """The shop's secrets at Daraja; its repr shows none of them.

    Parameters
    ----------
    passkey
        The STK passkey of the shortcode.
    initiator_name, security_credential
        The API operator who may reverse and pay out, and the operator's password encrypted with Safaricom's
        certificate. The password expires after 90 days (provider facts, 1.7).
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    passkey: str = field(repr=False)
    initiator_name: str = field(repr=False)
    security_credential: str = field(repr=False)
