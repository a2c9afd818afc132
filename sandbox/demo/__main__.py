"""`make demo`: run the journeys and the race, print what happened, exit 0 only if every promise held."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import httpx

from sandbox.daraja.script import Story
from sandbox.daraja.stories import STORIES
from sandbox.demo.books import Books
from sandbox.demo.journeys import SOLD_MEANWHILE, Journey, Result
from sandbox.demo.promises import broken_promises
from sandbox.demo.race import SKU, race
from sandbox.stack import BusyPort, DeploymentError, EngineError, start

SPEED = 30
#: Kept for other uses, so no story buys it.
RESERVED = frozenset({SKU, "THR-ONE-1"})
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
        print(f"\n{len(STORIES)} stories at {speed} times the real speed, all at once\n", flush=True)
        results, line, broken = asyncio.run(_live(stack.api_url, Books(stack)))
        print(table(results))
        print(f"\nThe race: {line}")
        print("Checking what is left behind ...", flush=True)
        broken += broken_promises(Books(stack))
        broken += [f"{result.story.slug}: {fault}" for result in results for fault in result.broken]
        print(f"\n{len(results)} stories and the race in {time.monotonic() - began:.0f} s.")
    for fault in broken:
        print(f"BROKEN  {fault}")
    print("Every promise held." if not broken else f"{len(broken)} promises broken.")
    return 1 if broken else 0


async def _live(api_url: str, books: Books) -> tuple[list[Result], str, list[str]]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=api_url, timeout=60, limits=limits, trust_env=False) as api:
        goods = await _goods(api)
        journeys = [Journey(api, books, story, goods[story.slug]) for story in STORIES]
        results = await asyncio.gather(*(_tell(journey) for journey in journeys))
        line, broken = await race(api, books)
    return list(results), line, broken


async def _tell(journey: Journey) -> Result:
    result = await journey.play()
    mark = "broken" if result.broken else "held"
    print(f"  {mark:<7} {result.story.slug}", flush=True)
    return result


async def _goods(api: httpx.AsyncClient) -> dict[str, str]:
    """Give each story a SKU of its own: a single piece where somebody else must buy the last one."""
    single: list[str] = []
    several: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get("/products", params={"limit": 100, **({"cursor": cursor} if cursor else {})})).json()
        for product in page["items"]:
            details = (await api.get(f"/products/{product['slug']}")).json()
            for variant in details["variants"]:
                if variant["sku"] in RESERVED or variant["prices"].get("KES", AFFORDABLE) >= AFFORDABLE:
                    continue
                if variant["available"] == 1:
                    single.append(variant["sku"])
                elif variant["available"] > 1:
                    several.append(variant["sku"])
        cursor = page["next_cursor"]
    return {story.slug: (single if story.slug in SOLD_MEANWHILE else several).pop() for story in STORIES}


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
