"""The carriers' page and API under `/sandbox/carrier`: booking, as real carriers have it, and what a hand may steer."""

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from sandbox.carrier.engine import Carriers
from sandbox.carrier.parcels import Parcel

PAGES = Path(__file__).parent / "pages"
TYPES = {".css": "text/css", ".js": "text/javascript"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Booking(_Body):
    """A parcel to carry: `reference` is the shop's own name for the shipment, <order number>-S<shipment>."""

    carrier: Literal["dhl", "g4s", "wells_fargo", "local"]
    reference: Annotated[str, Field(pattern=r"^[0-9A-Z]{10}-S[1-9][0-9]?$")]
    tracking: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    automatic: bool | None = None


class Happening(_Body):
    """What happens to a parcel. `twice` sends the last report again; `out_of_order` delivers first."""

    what: Literal["picked_up", "in_transit", "delivered", "exception", "twice", "out_of_order"]


class Mode(_Body):
    """Whether parcels booked from now on move by themselves."""

    automatic: bool


def carrier_router(carriers: Carriers) -> APIRouter:
    """Page, assets and API with their full paths: include it without a prefix."""
    router = APIRouter(prefix="/sandbox/carrier", include_in_schema=False)
    _add_pages(router)
    _add_api(router, carriers)
    return router


def _add_pages(router: APIRouter) -> None:
    @router.get("")
    async def page() -> FileResponse:
        """Every parcel, with buttons for what may happen to it."""
        return FileResponse(PAGES / "carrier.html")

    @router.get("/assets/{name}")
    async def asset(name: str) -> FileResponse:
        """A style sheet or a module of the page."""
        path = PAGES / name
        if path.suffix not in TYPES or path.parent != PAGES or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": "no-cache"})


def _add_api(router: APIRouter, carriers: Carriers) -> None:
    @router.get("/api/parcels")
    async def parcels() -> dict[str, Any]:
        """Every parcel, newest first."""
        return {
            "automatic": carriers.automatic,
            "speed": carriers.options.speed,
            "items": [parcel.view() for parcel in reversed(carriers.parcels.values())],
        }

    @router.post("/api/parcels", status_code=201)
    async def book(booking: Booking) -> dict[str, Any]:
        """Book a parcel; the answer names its tracking reference."""
        parcel = carriers.book(booking.carrier, booking.reference, booking.tracking, automatic=booking.automatic)
        return {"parcel": parcel.view()}

    @router.post("/api/parcels/{number}/events")
    async def happen(number: int, happening: Happening) -> dict[str, Any]:
        """Let something happen to a parcel; the answer shows what the shop said. 404: no such parcel."""
        parcel = _parcel(carriers, number)
        if happening.what == "twice":
            report = await carriers.twice(parcel)
        elif happening.what == "out_of_order":
            report = await carriers.out_of_order(parcel)
        else:
            report = await carriers.happen(parcel, happening.what)
        return {"parcel": parcel.view(), "report": report.view()}

    @router.post("/api/mode")
    async def mode(change: Mode) -> dict[str, Any]:
        """Let new parcels move by themselves, or wait for a hand."""
        carriers.automatic = change.automatic
        return {"automatic": carriers.automatic}

    @router.post("/api/reset")
    async def reset() -> dict[str, Any]:
        """Forget every parcel."""
        carriers.reset()
        return {"reset": True}


def _parcel(carriers: Carriers, number: int) -> Parcel:
    if number not in carriers.parcels:
        raise HTTPException(404, "no such parcel")
    return carriers.parcels[number]
