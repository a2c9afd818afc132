"""What happens to a thousand orders: how often each flow runs for one order, on average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.bench.flows import DUE, Flows

EXPIRING = 0.1
PAID = 1 - EXPIRING
#: Of the orders; the budget says half. A code with a total limit, as most have.
WITH_VOUCHER = 0.5
VOUCHER = "a limited voucher"
#: The shop front asks at 0, 2, 5, 8, 11, 14 and 19 s; half the payments take 15 s and their callback 1 to 2 s more.
STATUS_REQUESTS = 7
#: OrderPlaced, PaymentPrompted, then PaymentConfirmed or PaymentFailed and OrderExpired: a second apart or more.
EVENTS = 3 + EXPIRING
#: ShipmentSent, ShipmentMoved, OrderDelivered.
PARCEL_EVENTS = 3 * PAID
#: Two of them make an e-mail, and two are a carrier's reports.
REPORTS = 2 * PAID
SWEEP = f"sweep: {DUE} due, attempts ended"
NO_SWEEP = "sweep: 0 due"


@dataclass(frozen=True)
class Part:
    """A part of an order's life.

    Parameters
    ----------
    runs
        How often each flow runs.
    messages, events
        How many go through SQS, and on the bus.
    expiries
        How often an order's expiry is part of it.
    """

    runs: Mapping[str, float]
    messages: float = 0
    events: float = 0
    expiries: float = 0


PLACING = Part({"checkout": 1 - WITH_VOUCHER, f"checkout with {VOUCHER}": WITH_VOUCHER})
_UNTIL_PAID = {
    "status": float(STATUS_REQUESTS),
    "relay": EVENTS,
    "check: nobody paid": EXPIRING,
    "e-mail: placed": 1.0,
    "e-mail: paid": PAID,
    "e-mail: expired": EXPIRING,
}
#: Messages: the callback's, the first check's, and one for each e-mail.
BY_MPESA = Part(
    {**PLACING.runs, **_UNTIL_PAID, "callback": 1.0, "settle": PAID, "first check, already settled": 1.0},
    messages=4,
    events=EVENTS,
    expiries=EXPIRING,
)
#: A voucher's uses are counted as for M-Pesa and left out here. What ends unpaid is taken to cost what M-Pesa's does.
BY_CARD = Part(
    {
        "card: checkout": 1.0,
        **_UNTIL_PAID,
        "card: webhook": PAID,
        "card: settle": PAID,
        "card: first check, already settled": 1.0,
    },
    messages=4,
    events=EVENTS,
    expiries=EXPIRING,
)
BOARD = Part(
    {"board: placed": 1.0, "board: as it stood": 1 + EXPIRING, "board: paid": PAID + EXPIRING}, messages=EVENTS
)
PARCEL = Part(
    {
        "staff: send a parcel": PAID,
        "carrier: webhook": REPORTS,
        "carrier: parcel moves": REPORTS,
        "relay": PARCEL_EVENTS,
        "e-mail: parcel sent": REPORTS,
        "board: parcel sent": 2 * PAID,
        "board: as it stood": PAID,
    },
    messages=2 * REPORTS + PARCEL_EVENTS,
    events=PARCEL_EVENTS,
)
#: Each event in a file of its own, as in a quiet shop; a busy one puts many into one.
ARCHIVE = Part({"archive: one event": EVENTS + PARCEL_EVENTS})
#: RefundRequested, RefundSent, RefundSucceeded; messages: the first of them, the provider's report, and the e-mail's.
REFUND = Part(
    {
        "staff: refund a part": 1.0,
        "refund: handed to the provider": 1.0,
        "refund: webhook": 1.0,
        "refund: done": 1.0,
        "e-mail: refunded": 1.0,
        "relay": 3.0,
    },
    messages=3,
    events=3,
)
PARTS = {
    "placing": PLACING,
    "until paid, M-Pesa": BY_MPESA,
    "until paid, card": BY_CARD,
    "its board rows": BOARD,
    "its parcel": PARCEL,
    "its archive": ARCHIVE,
    "a refund": REFUND,
}
#: What makes an average order's whole life.
WHOLE = (BY_MPESA, BOARD, PARCEL, ARCHIVE)


def expiry_units(flows: Flows) -> tuple[float, float]:
    """Return the write and read units of one order's expiry without a code, the sweep's own cost taken off."""
    due, none = flows[SWEEP].units, flows[NO_SWEEP].units
    return (due.write - none.write) / DUE, (due.read - none.read) / DUE


def expiry_with(flows: Flows, voucher: str) -> float:
    """Return the write units of the expiry of one order that used a voucher."""
    return flows[f"sweep: 1 due, with {voucher}"].units.write - flows[NO_SWEEP].units.write


def part_units(flows: Flows, part: Part) -> tuple[float, float]:
    """Return the write and read units of a part of an average order's life."""
    write, read = expiry_units(flows)
    write += WITH_VOUCHER * (expiry_with(flows, VOUCHER) - write)
    return (
        sum(flows[name].units.write * times for name, times in part.runs.items()) + part.expiries * write,
        sum(flows[name].units.read * times for name, times in part.runs.items()) + part.expiries * read,
    )
