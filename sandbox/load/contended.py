"""The contention of one SKU as tables: what a sale of so many orders a second needs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor

from commerce.catalog.model import MAX_STOCK_BUCKETS
from commerce.kernel.commit import TRIES
from commerce.promotions.model import MOST_SHARDS
from sandbox.bench.report import Section
from sandbox.load.contention import WARM_UP, Outcome, Sale, simulate

RATES = (1.0, 10.0, 50.0, 100.0, 300.0, 1000.0)
BUCKETS = (1, 2, 4, 8, 16, 32, 64, 96, 128)
#: Median seconds for which a transaction holds its items: as assumed, half and twice.
HOLDS = (0.010, 0.005, 0.020)
#: Orders that are answered 503, of a thousand: what a sale may lose.
BEARABLE = 0.001
#: Orders that a point of the tables rests on, and one that is plainly good or plainly bad.
ORDERS, FEW_ORDERS = 3_000, 300
#: Share of the time that a bucket is held by those who get it; beyond this no retry helps, below that none is needed.
HOPELESS, IDLE = 1.2, 0.05
#: What became of the plain sales, by orders a second, hold and buckets.
Found = Mapping[tuple[float, float, int], Outcome]
#: The last units of a sale, spread over the buckets.
LAST_UNITS = 600
SEED = 1


def contended() -> Section:
    """Simulate and tabulate."""
    section = Section("One busy SKU on DynamoDB, simulated")
    section.notes = [
        "Discrete events in virtual time: the shop's own retries, choice of bucket and probing against a referee that "
        f"refuses a transaction whose item another one holds. Seed {SEED}; the same figures on every machine.",
        "Each order is two transactions on its bucket: one when it is placed, one when it is paid. A point rests on "
        f"{ORDERS:,} orders, on {FEW_ORDERS} where it is plainly good or bad: 0 % is less than about 0.1 %.",
    ]
    points = [
        (rate, hold, buckets)
        for hold in HOLDS
        for rate in RATES
        for buckets in BUCKETS
        if hold == HOLDS[0] or 2 * rate * hold / buckets < HOPELESS
    ]
    sales = [plain(rate, buckets, hold) for rate, hold, buckets in points]
    others = _others()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(simulate, [*sales, *others.values()]))
    found = dict(zip(points, outcomes, strict=False))
    _buckets_and_rates(section, found)
    _fewest(section, found)
    _contending(section, zip(others, outcomes[len(sales) :], strict=True))
    return section


def plain(rate: float, buckets: int, hold: float) -> Sale:
    """Return a sale of plentiful goods, as long as it takes to count enough orders."""
    busy = 2 * rate * hold / buckets
    orders = ORDERS if IDLE < busy < HOPELESS else FEW_ORDERS
    return Sale(rate, buckets, WARM_UP + orders / rate, hold=hold)


def _buckets_and_rates(section: Section, found: Found) -> None:
    table = section.table(
        f"Orders answered 503 (conflicts outlast {TRIES} tries), and in brackets transactions that met another; "
        f"held {1000 * HOLDS[0]:.0f} ms",
        "buckets", *(f"{rate:,.0f} orders/s" for rate in RATES),
    )  # fmt: skip
    for buckets in BUCKETS:
        name = f"{buckets}{' (over the limit)' if buckets > MAX_STOCK_BUCKETS else ''}"
        table.add(name, *(_lost(found[rate, HOLDS[0], buckets]) for rate in RATES))


def _fewest(section: Section, found: Found) -> None:
    table = section.table(
        f"Fewest buckets of these with less than {BEARABLE:.1%} answered 503, and how long read and commit of an order "
        "take then, p50 / p99 ms",
        "orders/s", *(f"held {1000 * hold:.0f} ms" for hold in sorted(HOLDS)),
    )  # fmt: skip
    for rate in RATES:
        cells = []
        for hold in sorted(HOLDS):
            mine = ((n, found[rate, hold, n]) for n in BUCKETS if (rate, hold, n) in found)
            fits = next(((n, outcome) for n, outcome in mine if outcome.lost < BEARABLE), None)
            cells.append(f"{fits[0]} ({_times(fits[1])})" if fits else f"more than {BUCKETS[-1]}")
        table.add(rate, *cells)


def _others() -> dict[str, Sale]:
    most, hold = MAX_STOCK_BUCKETS, HOLDS[0]
    rows = {
        f"{rate:,}/s, the last {LAST_UNITS} units in {n} buckets, then nothing": Sale(
            rate, n, LAST_UNITS / rate + 2.0, units=LAST_UNITS, hold=hold
        )
        for rate, n in ((100, 16), (300, 32), (1000, most))
    }
    rows |= {
        f"{rate:,}/s, {most} buckets, each order with one voucher of {shards} shard{'s' * (shards > 1)}": Sale(
            rate, most, WARM_UP + ORDERS / rate / 2, shards=shards, hold=hold
        )
        for rate, shards in ((10, 1), (50, 1), (100, MOST_SHARDS), (300, MOST_SHARDS), (1000, MOST_SHARDS))
    }
    return rows | {
        f"{rate:,}/s, {n} buckets, goods come in twice a second": Sale(
            rate, n, WARM_UP + max(10.0, ORDERS / rate / 2), refills=2.0, hold=hold
        )
        for rate, n in ((10, 8), (100, 32), (300, most))
    }


def _contending(section: Section, found: Iterable[tuple[str, Outcome]]) -> None:
    table = section.table(
        f"Other things that contend, held {1000 * HOLDS[0]:.0f} ms",
        "sale", "orders", "placed", "sold out", "503", "conflicts", "p50 / p99 ms", "probing reads", "refills refused",
    )  # fmt: skip
    for name, outcome in found:
        refills = outcome.refilled + outcome.refill_gave_up
        table.add(
            name, outcome.orders, outcome.placed, outcome.refused, _share(outcome.lost), _share(outcome.conflicting),
            _times(outcome), outcome.probes, f"{outcome.refill_gave_up} of {refills}" if refills else "",
        )  # fmt: skip


def _lost(outcome: Outcome) -> str:
    return f"{_share(outcome.lost)} ({_share(outcome.conflicting)})"


def _times(outcome: Outcome) -> str:
    return f"{outcome.milliseconds(0.5):.0f} / {outcome.milliseconds(0.99):.0f}"


def _share(part: float) -> str:
    return "0 %" if part == 0 else f"{100 * part:.2g} %" if part < 0.995 else "100 %"
