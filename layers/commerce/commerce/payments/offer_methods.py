"""Which ways to pay a buyer can choose: it depends on the currency, the amount, and whether the provider answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.money import Currency, Money
from commerce.payments.breaker import Breaker, offered
from commerce.payments.port import Capabilities


class MethodView(BaseModel):
    """A way to pay; `reason` says why it cannot be chosen."""

    model_config = ConfigDict(frozen=True)

    method: str = Field(examples=["mpesa"])
    available: bool
    reason: str | None = Field(examples=[None])


class MethodsView(BaseModel):
    """The ways to pay that the shop has."""

    model_config = ConfigDict(frozen=True)

    items: list[MethodView]


def offer_methods(
    offers: Mapping[str, Capabilities],
    breakers: Mapping[str, Breaker],
    currency: Currency,
    total: int | None,
    now: datetime,
) -> MethodsView:
    """Return every way to pay with money, and whether it can be chosen now for this currency and total.

    Parameters
    ----------
    total
        What is to be paid, minor units; None while it is not known.
    """
    return MethodsView(
        items=[
            MethodView(method=method, available=reason is None, reason=reason)
            for method, taker in sorted(offers.items(), key=lambda item: item[0], reverse=True)
            if _takes_money(taker)
            for reason in [_against(taker, currency, total, offered(breakers, method, now))]
        ]
    )


def _takes_money(taker: Capabilities) -> bool:
    return any(most > 0 for _, most in taker.limits.values())


def _against(taker: Capabilities, currency: Currency, total: int | None, works: bool) -> str | None:
    if currency not in taker.limits:
        return f"Takes {' or '.join(sorted(taker.limits))} only."
    if total is not None:
        least, most = taker.limits[currency]
        if total < least:
            return f"Takes {Money(least, currency)} or more."
        if total > most:
            return f"Takes at most {Money(most, currency)} in one payment."
    return None if works else "Does not work at the moment. Please choose another, or try again a little later."
