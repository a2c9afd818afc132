"""DynamoDB's request units per flow, and what makes them."""

from __future__ import annotations

from sandbox.bench.capacity import WRITE_BYTES, item_bytes
from sandbox.bench.flows import Flows
from sandbox.bench.life import EXPIRING, LIFE, expiry_units, life_units
from sandbox.bench.meter import Row, Units
from sandbox.bench.report import Section

BUDGET = 14


def request_units(flows: Flows, engine: str) -> Section:
    """Show units by flow, by row, and for an average order."""
    section = Section("DynamoDB request units")
    section.notes = [
        "A two-line order of sample goods, delivered in Nairobi. Worked out from the items before and after each write "
        f"by DynamoDB's published rules; {engine}'s own count stands beside it where it differs.",
        "The budget is for a voucher half the time, which is not built yet and not counted here.",
        "An index entry is counted once, not twice, in a transaction, as the engine does; AWS itself was not asked.",
        "A write whose condition fails is billed as well, which the engines leave out.",
        "The budget leaves room for an order's row of one kilobyte and no more: 2 for it, 1 for its index entry, 2 for "
        "the attempt, 2 for the event, 4 for the stock of two lines, 2 for half a voucher, 0.9 for 10 % expiring.",
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
    placing = float(sum(row.units for row in placing_rows(flows)))
    prompted = flows["checkout"].units.write - placing
    expiry = expiry_units(flows)[0]
    write, read = life_units(flows)
    table = section.table("For one order", "what", "WRU", "budget")
    table.add("placing: the commit", placing, "")
    table.add(f"placing and {EXPIRING:.0%} expiring", placing + EXPIRING * expiry, f"<= {BUDGET}, vouchers included")
    table.add("the provider's answer recorded", prompted, "")
    table.add("settled", float(flows["settle"].units.write), "")
    table.add(f"status requests ({LIFE['status']:g}), their rate limit", LIFE["status"], "")
    table.add("e-mail marks, two e-mails", float(flows["e-mail: placed"].units.write) * 2, "")
    table.add("one expiry (attempt ended before)", expiry, "")
    table.add(f"whole life, {EXPIRING:.0%} expiring", write, "")
    table.add("whole life, RRU", read, "")


def _by_row(section: Section, flows: Flows) -> None:
    for name in ("checkout", "settle"):
        table = section.table(f"What {name} writes", "row", "bytes", "WRU")
        for commit in flows[name].units.commits:
            for row in commit:
                table.add(row.name, row.size, row.units)


def _row_sizes(section: Section, flows: Flows) -> None:
    table = section.table("Row sizes", "row", "bytes", f"fits {WRITE_BYTES} bytes")
    for name, row in flows.rows:
        size = item_bytes(row)
        table.add(name, size, "yes" if size <= WRITE_BYTES else "no")


def placing_rows(flows: Flows) -> list[Row]:
    """Return what the commit that places an order writes, apart from the recording of the provider's answer."""
    commits = flows["checkout"].units.commits
    return commits[0]
