"""Carriers by name, and where each shows what became of a parcel."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import resources
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from commerce.kernel.errors import InvalidRequest

CarrierName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
#: A carrier's page: HTTPS, with the one place where the reference goes.
TrackingPage = Annotated[str, Field(pattern=r"^https://[^\s{}]+\{tracking\}[^\s{}]*$")]


class Carrier(BaseModel):
    """Who carries parcels."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    label: Annotated[str, Field(min_length=1, max_length=80)]
    tracking_url: TrackingPage | None = None

    def link(self, tracking: str) -> str | None:
        """Return the carrier's page about a parcel; None where the carrier has none."""
        return self.tracking_url.replace("{tracking}", quote(tracking, safe="")) if self.tracking_url else None


class CarrierConfig(BaseModel):
    """All carriers by name."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", title="carriers.toml")

    carriers: Annotated[dict[CarrierName, Carrier], Field(min_length=1)]

    def carrier(self, name: str, *, field: str = "carrier") -> Carrier:
        """Return a carrier by its name.

        Raises
        ------
        InvalidRequest
            When there is no such carrier; `field` says where the name stood in the request.
        """
        try:
            return self.carriers[name]
        except KeyError:
            raise InvalidRequest(f"Choose a carrier: {', '.join(self.carriers)}.", field=field) from None

    def link(self, name: str, tracking: str) -> str | None:
        """Return the page about a parcel; None where its carrier has none, or is one of former times."""
        known = self.carriers.get(name)
        return known.link(tracking) if known else None

    def label(self, name: str) -> str:
        """Return what buyers read; the name itself of a carrier of former times."""
        known = self.carriers.get(name)
        return known.label if known else name


def parse_carriers(text: str) -> CarrierConfig:
    """Read carriers written in TOML.

    Raises
    ------
    pydantic.ValidationError
        Naming the keys that are missing, unknown or wrong.
    tomllib.TOMLDecodeError
        When it is no TOML.
    """
    return CarrierConfig.model_validate_json(json.dumps(tomllib.loads(text)))


@cache
def load_carriers() -> CarrierConfig:
    """Return the carriers that the shop works with (``carriers.toml``); errors as of `parse_carriers`."""
    return parse_carriers(resources.files(__package__).joinpath("carriers.toml").read_text("utf-8"))
