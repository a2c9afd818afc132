"""The static shop front and the products' pictures, as a web host would serve them."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# The shop front needs nothing from elsewhere; a page may be stricter in its own <meta> policy.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


class _Site(StaticFiles):
    """Static files with a security policy; `/order` also finds `order.html`."""

    def __init__(self, folder: Path, cache: str, *, pages: bool) -> None:
        super().__init__(directory=folder, html=pages, check_dir=False)
        self._cache = cache
        self._pages = pages

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            response = None
        if self._pages and (response is None or response.status_code == 404) and not Path(path).suffix:
            response = await super().get_response(f"{path}.html", scope)
        if response is None:
            raise HTTPException(404)
        response.headers.update(
            {
                "cache-control": self._cache,
                "content-security-policy": CONTENT_SECURITY_POLICY,
                "x-content-type-options": "nosniff",
                "referrer-policy": "strict-origin-when-cross-origin",
            }
        )
        return response


def site_routes(storefront: Path, images: Path) -> list[BaseRoute]:
    """`/images/` for the pictures and `/` for all else; it must come last.

    A browser asks again for pages and scripts each time (they change while one works on them; an
    unchanged file costs a 304), and keeps pictures for an hour.
    """
    return [
        Mount("/images", _Site(images, "public, max-age=3600", pages=False)),
        Mount("/", _Site(storefront, "no-cache", pages=True)),
    ]


def staff_routes(folder: Path) -> list[BaseRoute]:
    """`/staff`: the page that staff work with."""

    def with_slash(request: Request) -> Response:
        # The page names its files beside itself.
        return RedirectResponse("/staff/", 308)

    return [Route("/staff", with_slash), Mount("/staff", _Site(folder, "no-cache", pages=True))]
