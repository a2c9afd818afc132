"""The two browser pages (`/sandbox/phone`, `/sandbox/daraja`), their assets, and the control API they use."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from sandbox.daraja.control_api import control_router
from sandbox.daraja.engine import Daraja

PAGES = Path(__file__).parent / "pages"
TYPES = {".css": "text/css", ".js": "text/javascript"}


def pages_router(daraja: Daraja) -> APIRouter:
    """Pages and control API with their full paths: include it without a prefix."""
    router = APIRouter(include_in_schema=False)
    router.include_router(control_router(daraja))

    @router.get("/sandbox/phone")
    async def phone() -> FileResponse:
        """The phone in the browser."""
        return FileResponse(PAGES / "phone.html")

    @router.get("/sandbox/daraja")
    async def log() -> FileResponse:
        """Every request and callback, and the table of magic numbers."""
        return FileResponse(PAGES / "log.html")

    @router.get("/sandbox/daraja/assets/{name}")
    async def asset(name: str) -> FileResponse:
        """A style sheet or a module of these pages."""
        path = PAGES / name
        if path.suffix not in TYPES or path.parent != PAGES or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": "no-cache"})

    return router
