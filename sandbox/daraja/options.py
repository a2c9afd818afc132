"""How one simulated Daraja is set up: credentials, merchants, timings."""

from dataclasses import dataclass
from typing import Literal

PendingStyle = Literal["4999", "500"]
"""How STK Query says "still pending": HTTP 200 with code 4999 (since about Oct 2025), or HTTP 500."""


@dataclass(frozen=True)
class Merchant:
    """A paybill (no till) or a store number with the till that belongs to it."""

    shortcode: str
    passkey: str
    name: str
    till: str | None = None


@dataclass(frozen=True)
class DarajaOptions:
    """Settings of the simulator. Durations are real-world seconds and are divided by `speed`.

    Timings are those of recorded callbacks: the callback 1-2 s after the transaction, success 15 s (median), cancel
    4-18 s, wrong PIN 6-13 s, a 26-27 s PIN window. The time a reversal, payout or status result takes is not recorded
    anywhere; `result_seconds` is a guess.
    """

    consumer_key: str = "salama-sandbox-key"
    consumer_secret: str = "salama-sandbox-secret"
    shortcode: str = "174379"
    passkey: str = "salama-sandbox-passkey"
    store_shortcode: str = "600584"
    till: str = "300584"
    business_name: str = "Salama Shop"
    initiator: str = "testapi"
    security_credential: str = "salama-sandbox-credential"
    speed: float = 1.0
    late_seconds: float = 1300.0
    pin_window_seconds: float = 27.0
    callback_seconds: float = 1.5
    result_seconds: float = 5.0
    lost_response_seconds: float = 30.0
    same_amount_seconds: float = 120.0
    token_seconds: float = 3600.0
    """Not divided by `speed`: the shop holds `expires_in` against its own, unscaled clock."""
    right_pin: str = "1234"
    customer_balance: int = 500_000
    """Whole KES on each customer's account at the start. Magic numbers never run out."""
    opening_float: int = 0
    """Whole KES on each merchant's account at the start."""
    allow_loopback_callbacks: bool = True
    pending_style: PendingStyle = "4999"
    spike_arrest: bool = False
    """Limit STK Query to 5 per 60 s, burst 1, for every number (the Safaricom sandbox does)."""
    busy_phone_code: Literal[1001, 1037] = 1001
    """What a second prompt to a phone with an open prompt ends with."""
    callback_timeout_seconds: float = 15.0
    """How long a callback's receiver may take to answer, in wall seconds."""

    @property
    def merchants(self) -> dict[str, Merchant]:
        """Every shortcode this platform knows."""
        return {
            self.shortcode: Merchant(self.shortcode, self.passkey, self.business_name),
            self.store_shortcode: Merchant(self.store_shortcode, self.passkey, self.business_name, self.till),
        }
