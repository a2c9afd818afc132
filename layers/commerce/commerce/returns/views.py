"""What buyers are shown of a return."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from commerce.ordering.returns import Reason, Resolution, Return, ReturnState


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, serialize_by_alias=True)


class UnitsView(_View):
    """Units of one SKU."""

    sku: str
    quantity: int


class ReturnView(_View):
    """Goods on their way back. `items` is what was asked for, and once received what came."""

    number: int
    status: ReturnState
    items: list[UnitsView]
    resolution: Resolution
    reason: Reason


class AskedView(_View):
    """The answer to a request for a return."""

    asked: ReturnView = Field(alias="return")


def return_view(one: Return) -> ReturnView:
    """Show a return."""
    units = one.units_received if one.state is ReturnState.RECEIVED else one.lines
    return ReturnView(
        number=one.number,
        status=one.state,
        items=units_view(units),
        resolution=one.resolution,
        reason=one.reason,
    )


def units_view(units: dict[str, int]) -> list[UnitsView]:
    """Show units by SKU."""
    return [UnitsView(sku=sku, quantity=quantity) for sku, quantity in units.items()]
