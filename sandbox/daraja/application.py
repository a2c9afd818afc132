"""The simulator as an application of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sandbox.daraja.engine import Daraja
from sandbox.daraja.options import DarajaOptions
from sandbox.daraja.page_routes import pages_router
from sandbox.daraja.provider_api import api_router


def create_daraja(options: DarajaOptions | None = None, daraja: Daraja | None = None) -> FastAPI:
    """An application with the provider's API under /daraja and the pages and control API under /sandbox.

    Its lifespan starts and stops the `Daraja`, which is also at `app.state.daraja`.
    """
    engine = daraja or Daraja(options)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await engine.start()
        try:
            yield
        finally:
            await engine.stop()

    app = FastAPI(title="Daraja simulator", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.daraja = engine
    app.include_router(api_router(engine), prefix="/daraja")
    app.include_router(pages_router(engine))
    return app
