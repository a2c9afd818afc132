"""`make demo`: run the journeys and the race, print what happened, exit 0 only if every promise held."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from itertools import cycle

import httpx

from sandbox.daraja.script import Story
from sandbox.daraja.stories import STORIES
from sandbox.demo.books import Books
from sandbox.demo.complete_shop import JOURNEYS, Told, tell
from sandbox.demo.journeys import SOLD_MEANWHILE, Journey, Result
from sandbox.demo.promises import broken_promises
from sandbox.demo.race import SKU, race
from sandbox.demo.scene import Scene
from sandbox.demo.staff import sign_in
from sandbox.stack import BusyPort, DeploymentError, EngineError, start

SPEED = 30
#: Kept for other uses, so no story buys it.
RESERVED = frozenset({SKU, "THR-ONE-1"})
#: So many plentiful SKUs are shared by the journeys that tell no stock.
SHARED = 6
#: M-Pesa's limit, less delivery, in minor units.
AFFORDABLE = 24_000_000


def main() -> int:
    """Run the demo; 0 when every promise held."""
    speed = int(os.environ.get("SPEED", SPEED))
    try:
        stack = start(port=0, speed=speed, say=lambda line: print(f"  {line}", flush=True))
    except (BusyPort, EngineError, DeploymentError) as error:
        print(f"salama: {error}", file=sys.stderr)
        return 1
    with stack:
        began = time.monotonic()
        stories = len(STORIES) + len(JOURNEYS)
        print(f"\n{stories} stories at {speed} times the real speed, all at once\n", flush=True)
        results, told, line, broken = asyncio.run(_live(stack.base_url, stack.api_url, Books(stack)))
        print(table(results))
        print("\n" + "\n".join(f"{each.title.ljust(24)}{each.ending}" for each in told))
        print(f"\nThe race: {line}")
        print("Checking what is left behind ...", flush=True)
        broken += broken_promises(Books(stack))
        broken += [f"{result.story.slug}: {fault}" for result in results for fault in result.broken]
        broken += [f"{each.title}: {fault}" for each in told for fault in each.broken]
        print(f"\n{stories} stories and the race in {time.monotonic() - began:.0f} s.")
    for fault in broken:
        print(f"BROKEN  {fault}")
    print("Every promise held." if not broken else f"{len(broken)} promises broken.")
    return 1 if broken else 0


async def _live(site_url: str, api_url: str, books: Books) -> tuple[list[Result], list[Told], str, list[str]]:
    limits = httpx.Limits(max_connections=200)
    async with (
        httpx.AsyncClient(base_url=api_url, timeout=60, limits=limits, trust_env=False) as api,
        httpx.AsyncClient(base_url=site_url, timeout=60, trust_env=False) as site,
    ):
        goods, plenty = await _goods(api)
        staff = await sign_in(site, api)
        journeys = [Journey(api, books, story, goods[story.slug]) for story in STORIES]
        tales = [tell(title, Scene(api, site, staff, sku)) for title, sku in zip(JOURNEYS, cycle(plenty), strict=False)]
        results, told = await asyncio.gather(
            asyncio.gather(*(_tell(journey) for journey in journeys)), asyncio.gather(*tales)
        )
        line, broken = await race(api, books)
    return list(results), list(told), line, broken


async def _tell(journey: Journey) -> Result:
    result = await journey.play()
    mark = "broken" if result.broken else "held"
    print(f"  {mark:<7} {result.story.slug}", flush=True)
    return result


async def _goods(api: httpx.AsyncClient) -> tuple[dict[str, str], list[str]]:
    """Return a SKU for each M-Pesa story, and the plentiful ones that the other journeys share.

    A story has its SKU to itself, a single piece where somebody else must buy the last one, so its stock can be told.
    """
    left: dict[str, int] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get("/products", params={"limit": 100, **({"cursor": cursor} if cursor else {})})).json()
        for product in page["items"]:
            details = (await api.get(f"/products/{product['slug']}")).json()
            for variant in details["variants"]:
                if variant["sku"] not in RESERVED and variant["prices"].get("KES", AFFORDABLE) < AFFORDABLE:
                    left[variant["sku"]] = variant["available"]
        cursor = page["next_cursor"]
    plenty = sorted(left, key=lambda sku: left[sku])[-SHARED:]
    single = [sku for sku, units in left.items() if units == 1]
    several = [sku for sku, units in left.items() if units > 1 and sku not in plenty]
    return {story.slug: (single if story.slug in SOLD_MEANWHILE else several).pop() for story in STORIES}, plenty


def table(results: list[Result]) -> str:
    """Return the results as a table for people."""
    head = ("story", "what the buyer saw", "order / payment", "stock before -> after", "events")
    rows = [head, *(_row(result.story, result) for result in results)]
    widths = [min(56, max(len(row[column]) for row in rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(["available/reserved/sold", *lines])


def _row(story: Story, result: Result) -> tuple[str, str, str, str, str]:
    events = " ".join(_short(name) for name in result.events)
    stock = f"{result.before} -> {result.after}"
    return story.title, " > ".join(result.saw), result.state, stock, events


def _short(event: str) -> str:
    return event.removeprefix("Payment").removeprefix("Order")


if __name__ == "__main__":
    raise SystemExit(main())
