"""What delivery costs."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import resources

from commerce.kernel.errors import InvalidRequest
from commerce.kernel.money import Currency
from commerce.shipping.model import Quote, ShippingConfig, Zone


def quotes(
    config: ShippingConfig,
    currency: Currency,
    zone: str | None = None,
    subtotal: int | None = None,
    *,
    field: str = "zone",
) -> list[Quote]:
    """Quote delivery to one zone, or to every zone priced in the currency.

    Parameters
    ----------
    subtotal
        The goods' total in minor units, for zones that deliver free from some amount; None quotes the full price.
    field
        Where the zone's name stood in the request, for the error.

    Raises
    ------
    InvalidRequest
        When there is no such zone, or it is not priced in the currency.
    """
    if zone is None:
        return [
            _quote(name, each, currency, subtotal) for name, each in config.zones.items() if currency in each.prices
        ]
    chosen = config.zone(zone, field=field)
    if currency not in chosen.prices:
        priced = " or ".join(chosen.prices)
        raise InvalidRequest(f"Delivery to {chosen.label} is priced in {priced}, not in {currency}.", field=field)
    return [_quote(zone, chosen, currency, subtotal)]


def parse_zones(text: str) -> ShippingConfig:
    """Read zones written in TOML.

    Raises
    ------
    pydantic.ValidationError
        Naming the keys that are missing, unknown or wrong.
    tomllib.TOMLDecodeError
        When it is no TOML.
    """
    return ShippingConfig.model_validate_json(json.dumps(tomllib.loads(text)))


@cache
def load_zones() -> ShippingConfig:
    """Return the zones that ship with the shop (``zones.toml``); errors as of `parse_zones`."""
    return parse_zones(resources.files(__package__).joinpath("zones.toml").read_text("utf-8"))


def _quote(name: str, zone: Zone, currency: Currency, subtotal: int | None) -> Quote:
    free_from = zone.free_from.get(currency)
    free = free_from is not None and subtotal is not None and subtotal >= free_from
    return Quote(
        zone=name,
        label=zone.label,
        carrier=zone.carrier,
        estimate=zone.estimate,
        tracked=zone.tracked,
        amount=0 if free else zone.prices[currency],
        currency=currency,
        free_from=free_from,
        tax_class=zone.tax_class,
    )
