"""The stand-in Stripe.js at /stripe/js/v3/, the frames it opens, and the bank's challenge."""

from pathlib import Path
from typing import Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict

from sandbox.stripe.attempt import authenticate
from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.errors import Json

SCRIPT = Path(__file__).parent / "js"
TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""Of the frames: they load nothing from elsewhere. Any page may embed them, as Stripe's own."""


class Challenge(BaseModel):
    """What the card's holder told the bank."""

    model_config = ConfigDict(extra="forbid")
    payment_intent: str
    client_secret: str
    outcome: Literal["approve", "fail"]


def script_router(sim: StripeSimulator) -> APIRouter:
    """Routes under `/js/v3`, to be included where `api_router` is."""
    router = APIRouter(prefix="/js/v3", include_in_schema=False)

    @router.get("/")
    async def script() -> FileResponse:
        """The script a page loads: `window.Stripe`."""
        return _file("stripe.js")

    @router.get("/challenge")
    async def challenge() -> FileResponse:
        """The bank's page: in a dialog of Stripe.js, or on its own after a redirect."""
        return _file("challenge.html")

    @router.get("/challenge/{intent_id}")
    async def details(intent_id: str, client_secret: str) -> Json:
        """What the holder is asked to approve. 404: no such payment, or none that waits."""
        intent = sim.books.intents.get(intent_id)
        if intent is None or intent.client_secret != client_secret or intent.method is None:
            raise HTTPException(404, "no such payment")
        return {
            "amount": intent.amount,
            "currency": intent.currency,
            "merchant": sim.options.business_name,
            "last4": intent.method.last4,
        }

    @router.post("/challenge")
    async def answer(given: Challenge) -> Json:
        """The holder approves, or fails to. 404: no such payment; 409: the bank is not waiting."""
        intent = sim.books.intents.get(given.payment_intent)
        if intent is None or intent.client_secret != given.client_secret:
            raise HTTPException(404, "no such payment")
        if intent.status != "requires_action":
            raise HTTPException(409, f"the payment is {intent.status}")
        back = intent.return_url
        authenticate(sim, intent, approved=given.outcome == "approve")
        return {"status": intent.status, "return_url": back}

    @router.get("/{name}")
    async def part(name: str) -> FileResponse:
        """A frame's page, module or style sheet."""
        return _file(name)

    return router


def _file(name: str) -> FileResponse:
    path = SCRIPT / name
    if path.suffix not in TYPES or path.parent != SCRIPT or not path.is_file():
        raise HTTPException(404)
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if path.suffix == ".html":
        headers["Content-Security-Policy"] = FRAME_POLICY
    return FileResponse(path, media_type=TYPES[path.suffix], headers=headers)
