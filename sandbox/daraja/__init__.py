"""A Daraja (M-Pesa Kenya) that runs on one machine: OAuth, STK push and query, reversal, payout, transaction status.

Mount it with `app.include_router(api_router(daraja), prefix="/daraja")` and `app.include_router(pages_router(daraja))`
around one `Daraja`; `await daraja.start()` before the first request, `await daraja.stop()` at the end.
"""

from sandbox.daraja.application import create_daraja
from sandbox.daraja.engine import Daraja
from sandbox.daraja.options import DarajaOptions, Merchant
from sandbox.daraja.page_routes import pages_router
from sandbox.daraja.provider_api import api_router
from sandbox.daraja.script import Story
from sandbox.daraja.stories import STORIES, by_slug, story_of

__all__ = [
    "STORIES",
    "Daraja",
    "DarajaOptions",
    "Merchant",
    "Story",
    "api_router",
    "by_slug",
    "create_daraja",
    "pages_router",
    "story_of",
]
