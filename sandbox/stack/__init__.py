"""The whole shop on one machine: the real template on an AWS emulator, with simulated providers.

>>> with start(speed=30) as stack:          # doctest: +SKIP
...     httpx.get(f"{stack.api_url}/products")
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sandbox.stack.deployment import DeploymentError
from sandbox.stack.engine import EngineError
from sandbox.stack.outbox import Mail
from sandbox.stack.running import Stack
from sandbox.stack.schedule import TickError
from sandbox.stack.server import BusyPort
from sandbox.stack.startup import Settings, launch

__all__ = ["BusyPort", "DeploymentError", "EngineError", "Mail", "Settings", "Stack", "TickError", "start"]


def start(
    port: int = 0,
    speed: int = 30,
    *,
    concurrency: int = 3,
    parameters: Mapping[str, str] | None = None,
    seeded: bool = True,
    say: Callable[[str], None] | None = None,
) -> Stack:
    """Start a shop of its own; see `Settings` for what each means.

    Raises:
        BusyPort: someone else listens on the port.
        EngineError: the AWS emulator did not start.
        DeploymentError: the template did not deploy.
    """
    settings = Settings(port=port, speed=speed, concurrency=concurrency, parameters=parameters or {}, seeded=seeded)
    return launch(replace(settings, say=say) if say else settings)
