"""The browser page `/sandbox/stripe`, its assets, and the control API it uses."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from sandbox.daraja.page_routes import PAGES as SHARED
from sandbox.stripe.control_api import control_router
from sandbox.stripe.engine import StripeSimulator

PAGES = Path(__file__).parent / "pages"
TYPES = {".css": "text/css", ".js": "text/javascript"}


def pages_router(sim: StripeSimulator) -> APIRouter:
    """Page and control API with their full paths: include it without a prefix."""
    router = APIRouter(include_in_schema=False)
    router.include_router(control_router(sim))

    @router.get("/sandbox/stripe")
    async def dashboard() -> FileResponse:
        """Payments with their state, requests and events, and the table of magic cards."""
        return FileResponse(PAGES / "dashboard.html")

    @router.get("/sandbox/stripe/assets/{name}")
    async def asset(name: str) -> FileResponse:
        """A style sheet or a module of the page; the Daraja log's where there is none of its own."""
        path = next((folder / name for folder in (PAGES, SHARED) if (folder / name).is_file()), PAGES)
        if path.suffix not in TYPES:
            raise HTTPException(404)
        return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": "no-cache"})

    return router
