"""The carriers' simulator: what it sends is signed as the shop checks it, in the order it is told or by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI

from commerce.fulfilment.messages import CarrierMessage
from commerce.fulfilment.signatures import HEADER, BadSignature, check_signature
from commerce.shipping.carriers import load_carriers
from sandbox.carrier import NAMES, CarrierOptions, Carriers, carrier_router, made_up_secrets
from sandbox.simulator import VirtualClock
from tests.simulation.daraja_world import in_loop

REFERENCE = "7K2M9QX4TD-S1"


@dataclass
class Desk:
    """A shop that hears every report, and the carriers that send them."""

    answer: Callable[[int], int] = lambda _: 200
    clock: VirtualClock = field(default_factory=VirtualClock)
    heard: list[tuple[httpx.Request, CarrierMessage]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = made_up_secrets()
        options = CarrierOptions("http://shop.test/api/hooks/carriers", self.secrets, speed=10)
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._hear))
        self.carriers = Carriers(options, clock=self.clock, http=http)
        app = FastAPI()
        app.include_router(carrier_router(self.carriers))
        self.page = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox.test")

    def _hear(self, request: httpx.Request) -> httpx.Response:
        carrier = request.url.path.rsplit("/", 1)[1]
        now = int(self.clock.now().timestamp())
        check_signature(request.headers[HEADER], request.content, [self.secrets[carrier]], now)
        others = [secret for name, secret in self.secrets.items() if name != carrier]
        with pytest.raises(BadSignature):
            check_signature(request.headers[HEADER], request.content, others, now)
        self.heard.append((request, CarrierMessage.of(carrier, json.loads(request.content))))
        return httpx.Response(self.answer(len(self.heard)), json={"received": True})

    @property
    def said(self) -> list[str]:
        return [message.status for _, message in self.heard]

    async def book(self, **more: object) -> dict[str, object]:
        answer = await self.page.post(
            "/sandbox/carrier/api/parcels", json={"carrier": "dhl", "reference": REFERENCE, **more}
        )
        assert answer.status_code == 201, answer.text
        parcel: dict[str, object] = answer.json()["parcel"]
        return parcel

    async def press(self, what: str, parcel: int = 1) -> httpx.Response:
        return await self.page.post(f"/sandbox/carrier/api/parcels/{parcel}/events", json={"what": what})


def test_the_simulator_plays_every_carrier_of_the_shop() -> None:
    assert set(NAMES) == set(load_carriers().carriers)


@in_loop
async def test_a_button_reports_what_happened() -> None:
    desk = Desk()
    parcel = await desk.book(tracking="1234567890")
    for what in ("picked_up", "in_transit", "exception", "delivered"):
        assert (await desk.press(what)).json()["report"]["status"] == 200
    assert desk.said == ["in_transit", "in_transit", "exception", "delivered"]
    assert {message.tracking for _, message in desk.heard} == {"1234567890"} == {parcel["tracking"]}
    assert {message.shipment for _, message in desk.heard} == {1}
    assert len({message.id for _, message in desk.heard}) == 4
    [shown] = (await desk.page.get("/sandbox/carrier/api/parcels")).json()["items"]
    assert (shown["state"], len(shown["reports"])) == ("delivered", 4)


@in_loop
async def test_twice_is_the_very_same_report() -> None:
    desk = Desk()
    await desk.book()
    await desk.press("delivered")
    await desk.press("twice")
    (first, _), (second, _) = desk.heard
    assert first.content == second.content


@in_loop
async def test_out_of_order_delivers_before_what_came_before() -> None:
    desk = Desk()
    await desk.book()
    await desk.press("out_of_order")
    (_, first), (_, second) = desk.heard
    assert (first.status, second.status) == ("delivered", "in_transit")
    assert second.happened_at < first.happened_at


@in_loop
async def test_an_automatic_parcel_moves_at_the_stacks_speed() -> None:
    desk = Desk()
    await desk.page.post("/sandbox/carrier/api/mode", json={"automatic": True})
    await desk.book()
    await desk.clock.advance(2.9)
    assert desk.said == []
    await desk.clock.advance(0.2)
    assert desk.said == ["in_transit"]
    await desk.clock.advance(20)
    assert desk.said == ["in_transit", "in_transit", "delivered"]


@in_loop
async def test_an_automatic_parcel_that_was_delivered_by_hand_stays_so() -> None:
    desk = Desk()
    await desk.book(automatic=True)
    await desk.press("delivered")
    await desk.clock.advance(100)
    assert desk.said == ["delivered"]


@in_loop
async def test_a_shop_that_is_down_hears_it_later_and_not_for_ever() -> None:
    desk = Desk(answer=lambda count: 200 if count == 3 else 503)
    await desk.book()
    await desk.press("delivered")
    await desk.clock.advance(1000)
    assert desk.said == ["delivered"] * 3
    desk.answer = lambda _: 502
    await desk.press("delivered")
    await desk.clock.advance(1000)
    assert len(desk.heard) == 3 + 4


@in_loop
async def test_a_refused_report_is_not_sent_again() -> None:
    desk = Desk(answer=lambda _: 401)
    await desk.book()
    assert (await desk.press("delivered")).json()["report"]["status"] == 401
    await desk.clock.advance(1000)
    assert len(desk.heard) == 1


@in_loop
async def test_booking_again_finds_the_parcel() -> None:
    desk = Desk()
    first = await desk.book(tracking="1234567890")
    assert await desk.book(tracking="1234567890") == first
    assert (await desk.book(carrier="g4s"))["id"] == 2
    wrong = {"carrier": "dhl", "reference": "7K2M9QX4TD"}
    assert (await desk.page.post("/sandbox/carrier/api/parcels", json=wrong)).status_code == 422
    assert (await desk.press("delivered", 9)).status_code == 404


@in_loop
async def test_the_page_and_what_it_loads_are_there() -> None:
    desk = Desk()
    page = await desk.page.get("/sandbox/carrier")
    assert (page.status_code, "carrier.js" in page.text) == (200, True)
    for name in ("carrier.js", "carrier.css"):
        assert (await desk.page.get(f"/sandbox/carrier/assets/{name}")).status_code == 200
    assert (await desk.page.get("/sandbox/carrier/assets/..%2fengine.py")).status_code == 404
