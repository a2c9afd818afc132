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
from sandbox.demo.promises import broken_promises, healing
from sandbox.demo.race import SKU, race
from sandbox.demo.sabotage import Saboteur
from sandbox.demo.scene import Scene
from sandbox.demo.staff import sign_in
from sandbox.demo.trust import ALONE, TRUST
from sandbox.stack import BusyPort, DeploymentError, EngineError, Stack, start
from sandbox.stack.door import WEB_KEY

#: On a machine that has nothing else to do; holds run out in half a minute then. And on the busiest.
SPEED, SLOWEST = 30, 5
#: Real seconds for an answer: all are asked for at once, and on a busy machine they queue.
WAIT = 300
TALES = JOURNEYS | TRUST
#: Kept for other uses, so no story buys it.
RESERVED = frozenset({SKU, "THR-ONE-1"})
#: So many plentiful SKUs are shared by the journeys that tell no stock.
SHARED = 6
#: M-Pesa's limit, less delivery, in minor units.
AFFORDABLE = 24_000_000


def main() -> int:
    """Run the demo; 0 when every promise held."""
    speed = int(os.environ.get("SPEED") or 0) or pace(os.getloadavg()[0] / (os.cpu_count() or 1))
    try:
        stack = start(port=0, speed=speed, say=lambda line: print(f"  {line}", flush=True))
    except (BusyPort, EngineError, DeploymentError) as error:
        print(f"salama: {error}", file=sys.stderr)
        return 1
    with stack:
        began = time.monotonic()
        books = Books(stack)
        stories = len(STORIES) + len(TALES) + len(ALONE)
        print(f"\n{stories} stories at {speed} times the real speed, nearly all at once\n", flush=True)
        results, told, line, broken = asyncio.run(_live(stack, books))
        print(table(results))
        print("\n" + "\n".join(f"{each.title.ljust(24)}{each.ending}" for each in told))
        print(f"\nThe race: {line}")
        print("Checking what is left behind ...", flush=True)
        broken += broken_promises(books)
        print(f"Healing: {healing(books)}")
        broken += [f"{result.story.slug}: {fault}" for result in results for fault in result.broken]
        broken += [f"{each.title}: {fault}" for each in told for fault in each.broken]
        print(f"\n{stories} stories and the race in {time.monotonic() - began:.0f} s.")
    for fault in broken:
        print(f"BROKEN  {fault}")
    print("Every promise held." if not broken else f"{len(broken)} promises broken.")
    return 1 if broken else 0


def pace(load: float) -> int:
    """Return the speed for a machine with so much to do already, per processor: what is slow must not look late."""
    return max(SLOWEST, int(SPEED / max(1.0, load)))


async def _live(stack: Stack, books: Books) -> tuple[list[Result], list[Told], str, list[str]]:
    limits, known = httpx.Limits(max_connections=200), {"x-client-key": WEB_KEY}
    async with (
        httpx.AsyncClient(base_url=stack.api_url, headers=known, timeout=WAIT, limits=limits, trust_env=False) as api,
        httpx.AsyncClient(base_url=stack.base_url, timeout=WAIT, trust_env=False) as site,
    ):
        goods, plenty = await _goods(api)
        # Each story has somebody of its own: a person's codes count one after the other.
        scenes = [
            Scene(api, site, await sign_in(site, api, f"staff-{place}@example.com"), sku, books, Saboteur(stack, books))
            for place, sku in zip(range(len(TALES) + len(ALONE)), cycle(plenty), strict=False)
        ]
        journeys = [Journey(api, books, story, goods[story.slug]) for story in STORIES]
        tales = [tell(title, play, scene) for (title, play), scene in zip(TALES.items(), scenes, strict=False)]
        results, told = await asyncio.gather(
            asyncio.gather(*(_tell(journey) for journey in journeys)), asyncio.gather(*tales)
        )
        line, broken = await race(api, books)
        for (title, play), scene in zip(ALONE.items(), scenes[len(TALES) :], strict=True):
            told.append(await tell(title, play, scene))
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
