"""What a buyer sends to ask for a return."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from commerce.ordering.returns import Reason, Resolution

MOST_LINES = 20
MOST_UNITS = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def _readable(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("holds characters that cannot be read")
    return text


class _Request(BaseModel):
    # Members the shop does not know are ignored, as everywhere.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class ReturnItem(_Request):
    """Units of one SKU to give back."""

    sku: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    quantity: int = Field(ge=1, le=MOST_UNITS)


class ReturnRequest(_Request):
    """Goods to give back, why, and whether for the money or for store credit. The e-mail must be the order's."""

    email: Annotated[str, StringConstraints(max_length=254)]
    items: list[ReturnItem] = Field(min_length=1, max_length=MOST_LINES)
    reason: Reason
    resolution: Resolution
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_readable)] | None = (
        None
    )

    def units(self) -> dict[str, int]:
        """Return the units by SKU; a SKU that is named twice counts together."""
        units: dict[str, int] = {}
        for item in self.items:
            units[item.sku] = units.get(item.sku, 0) + item.quantity
        return units

    def fingerprint(self) -> str:
        """Return what tells this request from another one sent under the same Idempotency-Key."""
        body = {**self.model_dump(mode="json", exclude={"email", "items"}), "units": self.units()}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()[:32]
