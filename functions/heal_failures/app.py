"""EventBridge, every five minutes: take what failed into cases, and put in order what can be, within set bounds."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.healing.heal_failures import heal_failures, levels
from commerce.runtime import wiring
from commerce.runtime.watch import gauge

logger = Logger()

#: Left over for the last thing's provider call and commit before the function is stopped.
SPARE_SECONDS = 40.0


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do one run within the time it has, and tell how much waits; what went wrong makes the run fail and is seen."""
    desk = wiring.healing_desk()
    seconds = max(1.0, context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS)
    try:
        run = heal_failures(desk, seconds=seconds)
    finally:
        _tell()
    done = {
        "skipped": run.skipped, "letters": run.letters, "orders": run.orders, "stock_faults": run.stock_faults,
        "did": dict(run.did), "would": dict(run.would),
    }  # fmt: skip
    logger.info("healing done", extra=done)
    return done


def _tell() -> None:
    waits = levels(wiring.healing_desk())
    gauge("CasesWaiting", waits.waiting.total())
    for kind, number in waits.waiting.items():
        gauge("CasesWaiting", number, kind=kind)
    gauge("OldestCaseSeconds", waits.oldest)
    gauge("UnknownOutcomes", waits.unknown)
    gauge("OldestUnknownOutcomeSeconds", waits.oldest_unknown)
    gauge("StockFaults", waits.stock_faults)
