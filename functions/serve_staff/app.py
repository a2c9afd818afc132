"""/admin/…: what staff do. The token that the door verified says who may."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mangum import Mangum

from commerce.runtime import wiring
from commerce.runtime.problems import PROBLEM
from commerce.runtime.staff_api import create_app

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = create_app(wiring.staff_dependencies)
gateway = Mangum(app, lifespan="off", text_mime_types=["application/json", PROBLEM, "text/csv"])
loop = asyncio.new_event_loop()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an HTTP API request."""
    # Mangum runs the request in the thread's event loop, which newer Pythons no longer make by themselves.
    asyncio.set_event_loop(loop)
    answer: dict[str, Any] = gateway(event, context)  # type: ignore[arg-type]
    return answer
