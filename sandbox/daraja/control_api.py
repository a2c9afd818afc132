"""The control API under /sandbox/daraja/api: what tests, the demo and the pages see and steer."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from sandbox.daraja.engine import Daraja, ResultsMode
from sandbox.daraja.ledger import OUTSIDE, NoFunds
from sandbox.daraja.messages import messages_for
from sandbox.daraja.playback import cancel, pay
from sandbox.daraja.pushes import PushRecord
from sandbox.daraja.stories import STORIES

PREFIX = "/sandbox/daraja/api"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Decision(_Body):
    """What the person at the phone does. A PIN is needed to pay; 1234 is right, any other is wrong."""

    action: Literal["pay", "cancel", "ignore"]
    pin: str = Field(default="", max_length=12)


class Health(_Body):
    """The provider's health: members left out stay as they are."""

    down: bool | None = None
    results: ResultsMode | None = None


class Speed(_Body):
    """By how much every duration scheduled from now on is divided."""

    speed: float = Field(gt=0, le=100_000)


class Float(_Body):
    """Whole KES paid into (positive) or taken out of (negative) a merchant's account."""

    amount: int
    shortcode: str | None = None


def control_router(daraja: Daraja) -> APIRouter:
    """The control API's routes, with their full paths."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    _add_views(router, daraja)
    _add_phone(router, daraja)
    _add_levers(router, daraja)
    return router


def _add_views(router: APIRouter, daraja: Daraja) -> None:
    @router.get("/state")
    async def state() -> dict[str, Any]:
        """Now, speed, and the provider's health."""
        return {
            "now": daraja.now().isoformat(),
            "speed": daraja.speed,
            "provider": daraja.provider.view(),
            "right_pin": daraja.options.right_pin,
            "pin_window_seconds": daraja.options.pin_window_seconds / daraja.speed,
        }

    @router.get("/stories")
    async def stories() -> dict[str, Any]:
        """The table of magic numbers."""
        shown = ("number", "slug", "title", "happens", "shop_ends", "outcome")
        return {"items": [{name: getattr(story, name) for name in shown} for story in STORIES]}

    @router.get("/seen")
    async def seen(
        text: str = "",
        direction: str = "",
        api: str = "",
        after: int = 0,
        limit: Annotated[int, Query(ge=1, le=5_000)] = 200,
    ) -> dict[str, Any]:
        """Requests and callbacks, newest first. `text` matches phone, order reference or URL."""
        entries = daraja.journal.search(text, direction, api, after, limit)
        return {"items": [entry.view() for entry in entries]}

    @router.get("/pushes")
    async def pushes(phone: str = "", reference: str = "") -> dict[str, Any]:
        """Every accepted push, newest first."""
        now = daraja.now()
        found = (
            push
            for push in reversed(daraja.pushes.all)
            if phone in ("", push.phone) and reference in ("", push.reference)
        )
        return {"items": [push.view(now) for push in found]}

    @router.get("/ledger")
    async def ledger() -> dict[str, Any]:
        """Accounts, transactions, totals, and per order reference: paid, given back, held."""
        return daraja.ledger.view()


def _add_phone(router: APIRouter, daraja: Daraja) -> None:
    @router.get("/prompts")
    async def prompts(phone: str = "") -> dict[str, Any]:
        """The prompts that are on a screen now, oldest first."""
        now = daraja.now()
        found = [push for push in daraja.pushes.all if push.is_open(now) and phone in ("", push.phone)]
        return {"items": [push.view(now) for push in found], "now": now.isoformat()}

    @router.post("/prompts/{prompt_id}")
    async def decide(prompt_id: str, decision: Decision) -> dict[str, Any]:
        """Pay, cancel or ignore a prompt. 404: no such prompt; 409: closed, or a magic number decides itself."""
        push = _open_prompt(daraja, prompt_id)
        if decision.action == "pay":
            pay(daraja, push, decision.pin)
        elif decision.action == "cancel":
            cancel(daraja, push)
        return {"prompt": push.view(daraja.now())}

    @router.get("/messages")
    async def messages(phone: str = "") -> dict[str, Any]:
        """The SMS that a phone (or every phone) received, newest first."""
        return {"items": messages_for(daraja, phone)}


def _add_levers(router: APIRouter, daraja: Daraja) -> None:
    @router.post("/float")
    async def change_float(change: Float) -> dict[str, Any]:
        """Deposit into or withdraw from a merchant's account. 404: unknown shortcode; 409: not that much there."""
        account = change.shortcode or daraja.options.shortcode
        if account not in daraja.options.merchants:
            raise HTTPException(404, "unknown shortcode")
        try:
            if change.amount >= 0:
                daraja.ledger.move("deposit", change.amount, OUTSIDE, account, daraja.now())
            else:
                daraja.ledger.move("withdrawal", -change.amount, account, OUTSIDE, daraja.now())
        except NoFunds:
            raise HTTPException(409, "the account does not hold that much") from None
        return {"shortcode": account, "balance": daraja.ledger.balance(account)}

    @router.post("/provider")
    async def provider(health: Health) -> dict[str, Any]:
        """Set the provider down or up, and where results go."""
        if health.down is not None:
            daraja.provider.down = health.down
        if health.results is not None:
            daraja.provider.results = health.results
        return daraja.provider.view()

    @router.post("/speed")
    async def speed(change: Speed) -> dict[str, Any]:
        """Change the speed for whatever is scheduled from now on."""
        daraja.speed = change.speed
        return {"speed": daraja.speed}

    @router.post("/tokens/kill")
    async def kill_token() -> dict[str, Any]:
        """Invalidate the live OAuth token."""
        daraja.tokens.kill()
        return {"killed": True}

    @router.post("/reset")
    async def reset() -> dict[str, Any]:
        """Forget everything and return to the options' own settings."""
        daraja.reset()
        return {"reset": True}


def _open_prompt(daraja: Daraja, prompt_id: str) -> PushRecord:
    push = daraja.pushes.by_id(prompt_id)
    if push is None:
        raise HTTPException(404, "no such prompt")
    if push.story is not None:
        raise HTTPException(409, f"this number plays its own story: {push.story.title}")
    if not push.is_open(daraja.now()):
        raise HTTPException(409, "the prompt is not on the screen any more")
    return push
