"""The simulator as an application of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from sandbox.stripe.engine import StripeSimulator
from sandbox.stripe.options import StripeOptions
from sandbox.stripe.page_routes import pages_router
from sandbox.stripe.provider_api import api_router
from sandbox.stripe.script_routes import script_router


def create_stripe(options: StripeOptions | None = None, stripe: StripeSimulator | None = None) -> FastAPI:
    """An application with Stripe's API and Stripe.js under /stripe, the pages and control API under /sandbox.

    Its lifespan starts and stops the simulator, which is also at `app.state.stripe`.
    """
    engine = stripe or StripeSimulator(options)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await engine.start()
        try:
            yield
        finally:
            await engine.stop()

    app = FastAPI(title="Stripe simulator", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.stripe = engine
    app.include_router(stripe_router(engine))
    return app


def stripe_router(stripe: StripeSimulator) -> APIRouter:
    """All routes of the simulator: Stripe's API and Stripe.js under /stripe, page and control API under /sandbox."""
    router = APIRouter()
    router.include_router(api_router(stripe), prefix="/stripe")
    router.include_router(script_router(stripe), prefix="/stripe")
    router.include_router(pages_router(stripe))
    return router
