"""How one simulated Stripe account is set up: keys, the shop's webhook endpoint, amounts, timings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

API_VERSION = "2026-10-28.endive"
"""The API version of the pinned SDK (16.x), which a call names in `Stripe-Version`."""


@dataclass(frozen=True)
class StripeOptions:
    """Settings of the simulator. Durations are real-world seconds and are divided by `speed`.

    Stripe publishes none of the timings below except the lives of keys and the number of webhook retries in a
    sandbox (three, over a few hours): the others are guesses.
    """

    secret_key: str = "sk_test_salama"
    publishable_key: str = "pk_test_salama"
    webhook_secrets: tuple[str, ...] = ("whsec_salama",)
    """Each delivery carries one v1 signature per secret, as while a secret is rolled."""
    webhook_url: str = ""
    """Where events go; empty sends none."""
    account: str = "acct_salama"
    business_name: str = "Salama Shop"
    speed: float = 1.0
    webhook_seconds: float = 1.0
    webhook_retry_seconds: tuple[float, ...] = (300.0, 3_600.0, 7_200.0)
    """How long after each failed delivery the next is tried; then Stripe gives up."""
    delayed_webhook_seconds: float = 90.0
    processing_seconds: float = 20.0
    refund_seconds: float = 30.0
    dispute_seconds: float = 10.0
    """From the charge to its dispute, and from submitted evidence to the bank's decision."""
    lost_response_seconds: float = 30.0
    slow_response_seconds: float = 5.0
    key_seconds: float = 86_400.0
    """How long an Idempotency-Key is remembered."""
    webhook_timeout_seconds: float = 10.0
    """How long the shop may take to answer an event, in wall seconds."""
    minimums: Mapping[str, int] = field(default_factory=lambda: {"usd": 50, "kes": 6_500})
    """The least amount by currency, minor units. Stripe wants 50 US cents, or about as much in another currency."""

    @property
    def secret(self) -> dict[str, str]:
        """The JSON object an operator would put into Secrets Manager for this account."""
        return {
            "secret_key": self.secret_key,
            "publishable_key": self.publishable_key,
            "webhook_secrets": ",".join(self.webhook_secrets),
        }


MAXIMUM = 99_999_999
"""The greatest amount of one payment, minor units: eight digits."""
