"""The sandbox's own pages: their frame, the index, and the page to try the API."""

from __future__ import annotations

import html
import json
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.stack.gateway import message

ASSETS = Path(__file__).parent / "assets"
SWAGGER = Path(str(files("fastapi_offline"))) / "static"

LINKS = (
    ("/", "The shop", "Browse, fill a cart, pay with M-Pesa, follow the order."),
    ("/sandbox/phone", "The phone", "STK prompts arrive here: type a PIN and pay, cancel, or let it ring out."),
    ("/sandbox/outbox", "The outbox", "Every e-mail the shop sent to its buyers."),
    ("/sandbox/daraja", "Daraja", "Each request and callback the M-Pesa simulator saw."),
    ("/sandbox/stripe", "Stripe", "Card payments: test cards, refunds and disputes from outside, requests and events."),
    ("/sandbox/identity", "Sign in", "As a customer or as staff: the shop's identity provider on this machine."),
    (
        "/sandbox/carrier",
        "The carriers",
        "Parcels that were booked: pick them up, deliver them, or let things go wrong.",
    ),
    ("/staff", "The staff", "Orders, refunds, parcels, stock, vouchers, reviews; repairs, security and audit."),
    ("/docs", "The API", "Read and try every operation, on this machine."),
    ("/api/openapi.json", "OpenAPI 3.1", "The same API as one document."),
)

_CSP = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
# Swagger UI writes style attributes.
_DOCS_CSP = f"{_CSP}; style-src 'self' 'unsafe-inline'"


def page(title: str, body: str, *, script: str | None = None, wide: bool = False) -> HTMLResponse:
    """A page of the sandbox around `body` (HTML, already escaped)."""
    links = "".join(
        f'<a href="{path}">{name}</a>'
        for path, name, _ in LINKS
        if path.startswith(("/sandbox", "/docs")) or path == "/"
    )
    code = f'<script type="module" src="/sandbox/assets/{script}"></script>' if script else ""
    content = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)} · Salama sandbox</title>"
        '<link rel="icon" href="/sandbox/assets/icon.svg"><link rel="stylesheet" href="/sandbox/assets/sandbox.css">'
        f'{code}</head><body><header class="bar"><a class="home" href="/sandbox">Salama <span>sandbox</span></a>'
        f'<nav aria-label="Sandbox">{links}</nav></header>'
        f"<main{' class=wide' if wide else ''}>{body}</main></body></html>"
    )
    return HTMLResponse(content, headers=_headers(_CSP))


def sandbox_routes() -> list[BaseRoute]:
    """The index page and the files the pages use."""

    def index(request: Request) -> Response:
        cards = "".join(
            f'<li><a href="{path}"><b>{html.escape(name)}</b><span>{html.escape(text)}</span>'
            f"<code>{path}</code></a></li>"
            for path, name, text in LINKS
        )
        intro = (
            "<p>The whole shop on this machine: the real template and functions. "
            "M-Pesa, cards, carriers and e-mail are simulated.</p>"
        )
        return page("Index", f'<h1>Sandbox</h1>{intro}<ul class="cards">{cards}</ul>')

    return [Route("/sandbox", index), Mount("/sandbox/assets", StaticFiles(directory=ASSETS))]


def docs_routes(document: Path) -> list[BaseRoute]:
    """The page to try the API, and the OpenAPI document it reads, its server set to this machine's API."""

    def openapi(request: Request) -> Response:
        if not document.is_file():
            return message(404, "Not Found")
        content = json.loads(document.read_text(encoding="utf-8"))
        return JSONResponse({**content, "servers": [{"url": "/api"}]}, headers={"cache-control": "no-cache"})

    def docs(request: Request) -> Response:
        body = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Salama API</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<link rel="icon" href="/sandbox/assets/icon.svg">'
            '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">'
            '<link rel="stylesheet" href="/sandbox/assets/docs.css"></head><body><div id="api"></div>'
            '<script src="/docs/assets/swagger-ui-bundle.js"></script>'
            '<script type="module" src="/sandbox/assets/docs.js"></script></body></html>'
        )
        return HTMLResponse(body, headers=_headers(_DOCS_CSP))

    return [
        Route("/api/openapi.json", openapi),
        Route("/docs", docs),
        Mount("/docs/assets", StaticFiles(directory=SWAGGER)),
    ]


def _headers(csp: str) -> dict[str, str]:
    return {"content-security-policy": csp, "cache-control": "no-cache"}
