"""One journey for each story of the Daraja simulator: what the buyer does, and what must come of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from sandbox.daraja.script import Story
from sandbox.daraja.stories import by_slug
from sandbox.demo.books import Books, Counters
from sandbox.demo.buyer import LOOK_EVERY_SECONDS, PATIENCE_SECONDS, Buyer, Stuck, Tracked

#: Failed stories whose buyer tries again with a phone that pays; the others let the hold run out.
TRIES_AGAIN = frozenset({"cancelled", "wrong-pin", "no-funds"})
#: Late stories in which somebody else buys the goods before the money comes.
SOLD_MEANWHILE = frozenset(
    {"paid-late-sold-out", "already-reversed", "no-float", "reversal-result-lost", "reversal-timed-out"}
)
#: Stories that end before a review or an excess is cleared up by the provider's own record.
FALSE_CLAIMS = frozenset({"false-less", "false-more"})


@dataclass
class Result:
    """What happened in one story, and what of it broke a promise."""

    story: Story
    sku: str
    saw: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    state: str = ""
    before: Counters | None = None
    after: Counters | None = None
    events: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def must(self, holds: bool, promise: str) -> None:
        """Note a promise that does not hold."""
        if not holds:
            self.broken.append(promise)


class Journey:
    """A story's buyer, the product they want, and the books to check against."""

    def __init__(self, api: httpx.AsyncClient, books: Books, story: Story, sku: str) -> None:
        self._api = api
        self._books = books
        self._story = story
        self._buyer = Buyer(api, story.number)
        self._paying = by_slug("paid").number
        self.result = Result(story, sku)

    async def play(self) -> Result:
        """Live through the story and check how it ended."""
        result = self.result
        result.before = self._books.stock(result.sku)
        try:
            answer = await self._buyer.order(result.sku)
            if answer.status_code != httpx.codes.CREATED:
                raise Stuck(f"checkout answered {answer.status_code}: {answer.text[:120]}")
            result.orders.append(self._buyer.number)
            sold = await self._endings()[self._story.outcome]()
            result.after = self._books.stock(result.sku)
            result.must(result.after == result.before.after_selling(sold), f"{sold} sold, but stock is {result.after}")
            result.events = self._books.event_types(self._buyer.number)
        except (Stuck, httpx.HTTPError) as error:
            result.broken.append(str(error) or type(error).__name__)
        result.saw = self._buyer.saw
        return result

    def _endings(self) -> dict[str, Callable[[], Awaitable[int]]]:
        return {
            "paid": self._paid,
            "failed": self._failed,
            "refused": self._expires,
            "late": self._late,
            "review": self._review,
            "refund_difference": self._overpaid,
            "open": self._never_ends,
        }

    async def _paid(self) -> int:
        self._end(await self._buyer.wait("paid", _is_paid))
        if self._story.slug == "twin-ids":
            twin = Buyer(self._api, self._story.number)
            await twin.order(self.result.sku)
            self.result.orders.append(twin.number)
            await twin.wait("paid", _is_paid)
            return 2
        return 1

    async def _failed(self) -> int:
        await self._buyer.wait("failed", lambda seen: seen["payment"]["status"] == "failed")
        if self._story.slug in TRIES_AGAIN:
            answer = await self._buyer.pay_again(self._paying)
            if answer.status_code != httpx.codes.CREATED:
                raise Stuck(f"trying again answered {answer.status_code}: {answer.text[:120]}")
            return await self._paid()
        return await self._expires()

    async def _expires(self) -> int:
        self._end(await self._buyer.wait("expired", _is_expired))
        return 0

    async def _never_ends(self) -> int:
        await self._expires()
        self._end(await self._buyer.wait("given to a person", _was_handed_over))
        # Its dead letter becomes a case: the shop asks once more of itself, and at last hands it to a person.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._buyer.number not in {case.finding.order_number for case in self._books.cases()}:
            if time.monotonic() > deadline:
                raise Stuck("no case tells a person")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return 0

    async def _late(self) -> int:
        if self._story.slug not in SOLD_MEANWHILE:
            await self._buyer.wait("expired", _is_expired)
            return await self._paid()
        await self._buyer.wait("expired", _is_expired)
        rival = Buyer(self._api, self._paying)
        while (await rival.order(self.result.sku)).status_code == httpx.codes.CREATED:
            self.result.orders.append(rival.number)
            await rival.wait("paid", _is_paid)
        ended = await self._buyer.wait(
            "refunded", lambda seen: bool(seen["refunds"]) and seen["refunds"][0]["status"] != "pending"
        )
        self._end(ended)
        # What was found by a look-up has no receipt to reverse: it goes by B2C, from another account of the shop's.
        reversed_ = self._books.account(self._buyer.number).refunds[1].receipt is not None
        wanted = "failed" if self._story.slug == "no-float" and reversed_ else "succeeded"
        self.result.must(ended["refunds"][0]["status"] == wanted, f"the refund is {ended['refunds'][0]['status']}")
        self.result.must(_is_expired(ended), "late money must not revive an order whose goods are sold")
        return len(self.result.orders) - 1

    async def _review(self) -> int:
        if self._story.slug in FALSE_CLAIMS:
            return await self._paid()
        ended = await self._buyer.wait("checked", _was_checked)
        self._end(ended)
        self.result.must(ended["payment"]["status"] == "review", "too little money was accepted")
        # A look-up that came before the callback paid the order: it names no amount. The record took that back.
        return 1 if ended["order"]["status"] == "processing" else -1

    async def _overpaid(self) -> int:
        ended = await self._buyer.wait(
            "refunded", lambda seen: _is_paid(seen) and [each["status"] for each in seen["refunds"]] == ["succeeded"]
        )
        self._end(ended)
        extra = ended["refunds"][0]["amount"]
        self.result.must(0 < extra < ended["order"]["total"], f"{extra} was given back")
        return 1

    def _end(self, tracked: Tracked) -> None:
        self.result.state = f"{tracked['order']['status']} / {tracked['payment']['status']}"


def _is_paid(tracked: Tracked) -> bool:
    return bool(tracked["payment"]["status"] == "paid" and tracked["order"]["status"] == "processing")


def _is_expired(tracked: Tracked) -> bool:
    return bool(tracked["order"]["status"] == "expired")


def _was_checked(tracked: Tracked) -> bool:
    return any(entry["type"] == "PaymentRecordRead" for entry in tracked["order"]["timeline"])


def _was_handed_over(tracked: Tracked) -> bool:
    return any(entry["type"] == "PaymentUnresolved" for entry in tracked["order"]["timeline"])
