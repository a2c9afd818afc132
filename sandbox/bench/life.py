"""What happens to a thousand orders: how often each flow runs for one order, on average."""

from __future__ import annotations

from sandbox.bench.flows import DUE, Flows

EXPIRING = 0.1
PAID = 1 - EXPIRING
#: The shop front asks at 0, 2, 5, 8, 11, 14 and 19 s; half the payments take 15 s and their callback 1 to 2 s more.
STATUS_REQUESTS = 7
#: OrderPlaced, PaymentPrompted, then PaymentConfirmed or PaymentFailed and OrderExpired: a second apart or more.
EVENTS = 3 + EXPIRING
#: Messages through SQS: the callback's, the first check's, and one for each e-mail.
MESSAGES = 4.0

PLACING = {"checkout": 1.0}
LIFE = {
    **PLACING,
    "status": float(STATUS_REQUESTS),
    "callback": 1.0,
    "settle": PAID,
    "check: nobody paid": EXPIRING,
    "first check, already settled": 1.0,
    "relay": EVENTS,
    "e-mail: placed": 1.0,
    "e-mail: paid": PAID,
    "e-mail: expired": EXPIRING,
}
SWEEP = f"sweep: {DUE} due, attempts ended"
NO_SWEEP = "sweep: 0 due"


def expiry_units(flows: Flows) -> tuple[float, float]:
    """Return the write and read units of one order's expiry, the sweep's own cost taken off."""
    due, none = flows[SWEEP].units, flows[NO_SWEEP].units
    return (due.write - none.write) / DUE, (due.read - none.read) / DUE


def life_units(flows: Flows) -> tuple[float, float]:
    """Return the write and read units of an average order's whole life."""
    write, read = expiry_units(flows)
    return (
        sum(flows[name].units.write * times for name, times in LIFE.items()) + EXPIRING * write,
        sum(flows[name].units.read * times for name, times in LIFE.items()) + EXPIRING * read,
    )
