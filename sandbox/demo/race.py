"""The race: many buyers, few units, all at once. Exactly as many orders as units (promise 1)."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx

from sandbox.daraja.stories import by_slug
from sandbox.demo.books import Books
from sandbox.demo.buyer import Buyer, Stuck

BUYERS = 50
SKU = "KEY-FLASH-1"


async def race(api: httpx.AsyncClient, books: Books) -> tuple[str, list[str]]:
    """Let the buyers loose; return a line that says what happened, and the promises it broke."""
    units = books.stock(SKU).available
    buyers = [Buyer(api, by_slug("paid").number) for _ in range(BUYERS)]
    answers = await asyncio.gather(*(buyer.order(SKU) for buyer in buyers))
    codes = Counter(answer.status_code for answer in answers)
    broken: list[str] = []
    if codes != {httpx.codes.CREATED: units, httpx.codes.CONFLICT: BUYERS - units}:
        broken.append(f"the answers were {dict(codes)}")
    refusals = [answer.json() for answer in answers if answer.status_code == httpx.codes.CONFLICT]
    if any(refusal["sku"] != SKU or "available" not in refusal for refusal in refusals):
        broken.append("a refusal does not name the SKU and what is left")
    winners = [buyer for buyer in buyers if buyer.number]
    try:
        await asyncio.gather(
            *(buyer.wait("paid", lambda seen: seen["payment"]["status"] == "paid") for buyer in winners)
        )
    except Stuck as stuck:
        broken.append(str(stuck))
    after = books.stock(SKU)
    if (after.available, after.reserved, after.sold) != (0, 0, units):
        broken.append(f"stock is {after}")
    return f"{BUYERS} buyers, {units} units: {len(winners)} orders, {codes[httpx.codes.CONFLICT]} refused", broken
