"""How the simulated carriers are set up: where the shop listens, what they sign with, how fast parcels move."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.carrier.parcels import NAMES


def made_up_secrets() -> dict[str, str]:
    """A new signing secret for every carrier: the simulator signs with them, the shop's own secret holds them."""
    return {name: secrets.token_urlsafe(32) for name in NAMES}


@dataclass(frozen=True)
class CarrierOptions:
    """Settings of the simulator. Durations are seconds and are divided by `speed`.

    No carrier is that quick: a journey of days is told in minutes, so that a person can wait for it.
    """

    hooks_url: str
    """Where the shop listens; the carrier's name follows: https://shop.test/api/hooks/carriers"""
    secrets: Mapping[str, str]
    speed: float = 1.0
    automatic: bool = False
    """Whether newly booked parcels move by themselves."""
    pick_up_seconds: float = 30.0
    transit_seconds: float = 90.0
    delivery_seconds: float = 180.0
    """How long after the booking each report of an automatic parcel comes."""
    retry_seconds: tuple[float, ...] = (5.0, 30.0, 120.0)
    """A report that the shop did not take (a 5xx, or nobody there) is sent again after each of these, then given up."""
    timeout_seconds: float = 15.0
    """How long the shop may take to answer, in wall seconds."""
