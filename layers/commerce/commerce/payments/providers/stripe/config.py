"""Where Stripe is, how long it may take, and what only the shop may know."""

from __future__ import annotations

from dataclasses import dataclass, field

API_BASE = "https://api.stripe.com"
CONNECT_SECONDS = 2.0
WRITE_SECONDS = 2.0
#: A use case makes two calls at most while a buyer waits, so two of the longest fit a function of 29 seconds.
LONGEST_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """One Stripe API.

    Parameters
    ----------
    api_base
        `API_BASE` or a simulator's; a path is kept.
    timeout_seconds
        How long one call may wait for Stripe, second try included. Connecting and writing may add
        `CONNECT_SECONDS` and `WRITE_SECONDS`.

    Raises
    ------
    ValueError
        When the address is no URL, or the time leaves no room in a function's own.
    """

    api_base: str = API_BASE
    timeout_seconds: float = LONGEST_TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        if not self.api_base.startswith(("https://", "http://")):
            raise ValueError("Stripe's base URL must be http or https")
        if not 0 < self.timeout_seconds <= LONGEST_TIMEOUT_SECONDS:
            raise ValueError(f"Stripe may take {LONGEST_TIMEOUT_SECONDS:.0f} seconds at most")

    @property
    def longest_call_seconds(self) -> float:
        """How long one call can take at worst."""
        return self.timeout_seconds + CONNECT_SECONDS + WRITE_SECONDS


@dataclass(frozen=True, slots=True)
class StripeKeys:
    """The shop's API keys; the publishable one is for the buyer's browser and no secret."""

    secret: str = field(repr=False)
    publishable: str
