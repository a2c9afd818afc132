"""What `make run` does: the shop on this machine until Ctrl-C.

`PORT` (8000) and `SPEED` (1: every duration is divided by it) come from the environment or the command line.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from types import FrameType

from sandbox.stack import BusyPort, DeploymentError, EngineError, Stack, start

BUSY = 2
"""Exit code when the port is taken."""

PAGES = (
    ("Shop", "/"),
    ("Staff", "/staff/"),
    ("Phone", "/sandbox/phone"),
    ("E-mails", "/sandbox/outbox"),
    ("Daraja", "/sandbox/daraja"),
    ("Stripe", "/sandbox/stripe"),
    ("Carriers", "/sandbox/carrier"),
    ("Sign-in", "/sandbox/identity"),
    ("API", "/docs"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal or a failure; the exit code: 0 stopped, 1 failed, 2 the port is busy."""
    options = _parser().parse_args(arguments)
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            return
        asked.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    stack: Stack | None = None
    try:
        stack = start(options.port, options.speed, say=lambda line: print(f"  {line}", flush=True))
        print(_block(stack), flush=True)
        while stack.failure is None:
            asked.wait(0.5)
        print(f"salama: {stack.failure}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopping", flush=True)
        return 0
    except BusyPort as error:
        print(f"salama: {error}", file=sys.stderr)
        return BUSY
    except (EngineError, DeploymentError) as error:
        print(f"salama: {error}", file=sys.stderr)
    finally:
        asked.set()
        if stack:
            stack.stop()
    return 1


def _block(stack: Stack) -> str:
    lines = [f"  {name:<9} {stack.base_url}{path}" for name, path in PAGES]
    logs = f"  {'Logs':<9} {stack.log.parent}"
    clock = f" at {stack.speed} times the real speed" if stack.speed > 1 else ""
    return "\n".join(["", f"Salama is open{clock}. Ctrl-C closes it.", "", *lines, logs, ""])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.run", description="Run the whole shop on this machine.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument(
        "--speed", type=int, default=int(os.environ.get("SPEED", "1")), help="divide every duration by it"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
