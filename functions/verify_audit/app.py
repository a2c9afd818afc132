"""EventBridge, each night, or by hand with {"day": "2026-11-21"} or {"order": "7K2M9QX4TD"}: prove the audit trail."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from commerce.audit.archive import read_past_day
from commerce.audit.desk import AuditDesk
from commerce.audit.report import OrderReport
from commerce.audit.verify_day import days_to_verify, verify_day
from commerce.kernel.errors import InvalidRequest
from commerce.kernel.ids import is_order_number
from commerce.runtime import wiring
from commerce.runtime.security import SecurityKind, tell
from commerce.runtime.watch import gauge

logger = Logger()

#: Left over for one more piece of work and the report before the function is stopped.
SPARE_MILLISECONDS = 60_000


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Verify what is asked for; without a question, the days that were not verified as a whole yet."""
    desk = wiring.audit_desk()
    if "order" in event:
        return _order(desk, str(event["order"]))
    days = [read_past_day(str(event["day"]), desk.clock.now())] if "day" in event else days_to_verify(desk)

    def more_time() -> bool:
        return context.get_remaining_time_in_millis() > SPARE_MILLISECONDS

    reports: list[dict[str, Any]] = []
    for day in days:
        if reports and not more_time():
            break
        report = verify_day(desk, day, more_time=more_time)
        gauge("AuditFaults", report.found)
        if report.found:
            _alarm(f"{day}: {report.found} faults", report.faults[0].event, report.faults[0].fault)
        logger.info("verified", extra={"day": day, "found": report.found, "complete": report.complete})
        reports.append(report.model_dump(mode="json"))
    return {"days": reports}


def _order(desk: AuditDesk, number: str) -> dict[str, Any]:
    if not is_order_number(number):
        raise InvalidRequest("This is no order number.", field="order")
    proof, _ = desk.trails.prove(subject := f"order/{number}")
    report = OrderReport.of(subject, proof)
    if not report.sound:
        _alarm(f"{subject}: {len(report.faults)} faults", report.faults[0].event, report.faults[0].fault)
    return report.model_dump(mode="json")


def _alarm(what: str, event: str, fault: str) -> None:
    tell(SecurityKind.AUDIT_BROKEN, f"{what}; the first: {event} is {fault}.", subject=event)
