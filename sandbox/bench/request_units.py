"""DynamoDB's request units per flow, and what makes them."""

from __future__ import annotations

from sandbox.bench.capacity import WRITE_BYTES, item_bytes
from sandbox.bench.flows import Flows
from sandbox.bench.life import (
    EXPIRING,
    PARTS,
    STATUS_REQUESTS,
    VOUCHER,
    WHOLE,
    WITH_VOUCHER,
    expiry_units,
    expiry_with,
    part_units,
)
from sandbox.bench.meter import Units
from sandbox.bench.opening import VOUCHERS
from sandbox.bench.report import Section

BUDGET = 14
#: Flows whose rows are shown one by one.
SHOWN = (
    "checkout",
    "checkout with a first-order voucher",
    "settle",
    "card: settle",
    "staff: refund a part",
    "board: paid",
)
FIRST = "vouchers CUSTOMER FIRST"


def request_units(flows: Flows, engine: str) -> Section:
    """Show units by flow, by row, and for an average order."""
    section = Section("DynamoDB request units")
    section.notes = [
        "A two-line order of sample goods, delivered in Nairobi. Worked out from the items before and after each write "
        f"by DynamoDB's published rules; {engine}'s own count stands beside it where it differs.",
        "The budget is for a voucher half the time. Its kind is not said: one with a total limit is taken, whose use "
        "is one row more. A limit per customer is two rows (e-mail and phone) more, a first-order voucher two again.",
        "An index entry is counted once, not twice, in a transaction, as the engine does; AWS itself was not asked.",
        "A write whose condition fails is billed as well, which the engines leave out.",
        "The budget leaves room for an order's row of one kilobyte and no more: 2 for it, 1 for its index entry, 2 for "
        "the attempt, 2 for the event, 4 for the stock of two lines, 2 for half a voucher, 0.9 for 10 % expiring. By "
        "M-Pesa 2 more: the phone that is asked to pay is counted in the commit (ADR 20).",
    ]
    _by_flow(section, flows)
    _by_order(section, flows)
    _by_row(section, flows)
    _row_sizes(section, flows)
    return section


def _by_flow(section: Section, flows: Flows) -> None:
    table = section.table("By flow", "flow", "WRU", "RRU", "the engine says")
    for name, (_, measured) in flows.done.items():
        units = measured.units
        if units.write or units.read:
            table.add(name, float(units.write), float(units.read), _engine(units))


def _engine(units: Units) -> str:
    same = (units.write, units.read) == (units.engine_write, units.engine_read)
    return "the same" if same else f"{units.engine_write:g} WRU, {units.engine_read:g} RRU"


def _by_order(section: Section, flows: Flows) -> None:
    placing, by_card = (placing_units(flows, name) for name in ("checkout", "card: checkout"))
    table = section.table("For one order", "what", "WRU", "budget")
    table.add("placing: the commit", placing, "")
    table.add("one expiry (attempt ended before)", expiry_units(flows)[0], "")
    for name in VOUCHERS:
        used = placing + WITH_VOUCHER * (placing_units(flows, f"checkout with {name}") - placing)
        expiry = expiry_units(flows)[0]
        expiry += WITH_VOUCHER * (expiry_with(flows, name) - expiry)
        budget = f"<= {BUDGET}" if name == VOUCHER else ""
        total = used + EXPIRING * expiry
        table.add(f"placing, half with {name}, {EXPIRING:.0%} expiring", total, budget)
        if name == VOUCHER:
            table.add("the same by card: no phone that is counted", total - placing + by_card, budget)
    table.add("store credit, where it is used", placing_units(flows, "checkout with credit for a part") - placing, "")
    table.add("the provider's answer recorded", flows["checkout"].units.write - placing, "")
    table.add("settled", float(flows["settle"].units.write), "")
    table.add("of it: remembering that the buyer has bought", bought_units(flows), "")
    table.add(f"status requests ({STATUS_REQUESTS}), their rate limit", float(STATUS_REQUESTS), "")
    table.add("e-mail marks, two e-mails", float(flows["e-mail: placed"].units.write) * 2, "")
    for name, part in PARTS.items():
        table.add(f"{name}, on average", part_units(flows, part)[0], "")
    whole = [part_units(flows, part) for part in WHOLE]
    table.add("whole life: M-Pesa, board, parcel, archive", sum(write for write, _ in whole), "")
    table.add("whole life, RRU", sum(read for _, read in whole), "")


def _by_row(section: Section, flows: Flows) -> None:
    for name in SHOWN:
        table = section.table(f"What {name} writes", "row", "bytes", "WRU")
        for commit in flows[name].units.commits:
            for row in commit:
                table.add(row.name, row.size, row.units)


def _row_sizes(section: Section, flows: Flows) -> None:
    table = section.table("Row sizes", "row", "bytes", f"fits {WRITE_BYTES} bytes")
    for name, row in flows.rows:
        size = item_bytes(row)
        table.add(name, size, "yes" if size <= WRITE_BYTES else "no")


def placing_units(flows: Flows, name: str) -> float:
    """Return the units of the commit that places an order, without the recording of the provider's answer."""
    return float(sum(row.units for row in flows[name].units.commits[0]))


def bought_units(flows: Flows) -> float:
    """Return the units of the rows that say that a buyer has bought."""
    return float(sum(row.units for row in flows["settle"].units.commits[0] if row.name == FIRST))
