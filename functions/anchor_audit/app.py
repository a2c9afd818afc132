"""EventBridge, each night: sign for what the archive holds of the days that are over."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.audit.anchor_days import anchor_days
from commerce.audit.archive import yesterday
from commerce.runtime import wiring

logger = Logger()

#: Days that one run makes up for, should earlier runs have failed.
MOST_DAYS = 31
#: Left over for the objects of one more day before the function is stopped.
SPARE_MILLISECONDS = 300_000


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[str]]:
    """Write the digests that are missing up to yesterday."""
    days = anchor_days(
        wiring.archive(),
        wiring.audit_key(),
        yesterday(wiring.clock().now()),
        most=MOST_DAYS,
        more_time=lambda: context.get_remaining_time_in_millis() > SPARE_MILLISECONDS,
    )
    logger.info("anchored", extra={"days": days})
    return {"days": days}
