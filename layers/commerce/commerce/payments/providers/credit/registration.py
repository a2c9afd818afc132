"""How the shop finds what pays an order that costs nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from commerce.kernel.money import Currency
from commerce.payments.port import Capabilities
from commerce.payments.registry import ProviderContext

if TYPE_CHECKING:
    from commerce.payments.providers.credit.provider import CreditProvider

#: The method of an order that vouchers and store credit cover wholly.
METHOD = "credit"
CAPABILITIES = Capabilities(
    methods=frozenset({METHOD}), limits=dict.fromkeys(Currency, (0, 0)), repeatable_start=True, partial_refunds=True
)


def configured(environment: Mapping[str, str]) -> bool:
    """Return True: it needs nothing."""
    return True


def build(context: ProviderContext) -> CreditProvider:
    """Make the provider."""
    from commerce.payments.providers.credit.provider import CreditProvider

    return CreditProvider()
