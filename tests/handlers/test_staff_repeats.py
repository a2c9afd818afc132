"""What staff send again is answered as done, and done once: by one key, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.port import RefundImpossible
from commerce.payments.refund_payment import note_refund
from commerce.returns.decide_return import decide_return
from commerce.returns.request_return import request_return
from tests.handlers.staff_calls import paid, problem, sku_of, staff
from tests.handlers.world import World, body_of
from tests.support.parcels import ship, track, wish
from tests.support.tokens import token
from tests.support.vouchers import publish, voucher

WHY = {"reason": "The buyer called"}
Prepared = tuple[str, str, dict[str, Any]]


def _cancel(world: World, placed: Placement) -> Prepared:
    return "POST", f"/admin/orders/{placed.order.number}/cancel", WHY


def _refund(world: World, placed: Placement) -> Prepared:
    return "POST", f"/admin/orders/{placed.order.number}/refunds", {**WHY, "amount": 10_000}


def _failed(world: World, placed: Placement) -> str:
    path = f"/admin/orders/{placed.order.number}/refunds"
    assert staff(world, "POST", path, {**WHY, "amount": 10_000})["statusCode"] == 201
    note_refund(world.shop.till, placed.order.number, 1, RefundImpossible("1", "no_funds"))
    return f"{path}/1"


def _retry(world: World, placed: Placement) -> Prepared:
    return "POST", f"{_failed(world, placed)}/retry", WHY


def _settle(world: World, placed: Placement) -> Prepared:
    return "POST", f"{_failed(world, placed)}/settle", {**WHY, "receipt": "TKM4A1B2C3"}


def _parcel(world: World, placed: Placement) -> Prepared:
    return "POST", f"/admin/orders/{placed.order.number}/shipments", {"carrier": "g4s", "tracking": "G4S-7"}


def _moved(world: World, placed: Placement) -> Prepared:
    ship(world.shop, placed)
    return "POST", f"/admin/orders/{placed.order.number}/shipments/1/status", {**WHY, "status": "delivered"}


def _asked_back(world: World, placed: Placement) -> str:
    ship(world.shop, placed)
    track(world.shop, placed, "delivered")
    request_return(world.shop.till, placed.order.number, wish(**{sku_of(placed): 1}), "back", timedelta(days=14))
    return f"/admin/orders/{placed.order.number}/returns/1"


def _stock(world: World, placed: Placement) -> Prepared:
    return "POST", f"/admin/stock/{sku_of(placed)}/adjustments", {**WHY, "change": 2}


def _prices(world: World, placed: Placement) -> Prepared:
    sku = sku_of(placed)
    return "PUT", f"/admin/products/{sku.lower()}/prices", {**WHY, "prices": {sku: {"KES": 99_000}}}


def _switch(world: World, placed: Placement) -> Prepared:
    code = f"OFF-{placed.order.number[:6]}"
    publish(world.shop.database, world.shop.clock, voucher(code=code))
    return "POST", f"/admin/vouchers/{code}/active", {**WHY, "active": False}


CASES: dict[str, Callable[[World, Placement], Prepared]] = {
    name.__name__[1:]: name for name in (_cancel, _refund, _retry, _settle, _parcel, _moved, _stock, _prices, _switch)
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_key_is_answered_again_and_another_request_under_it_refused(world: World, case: str) -> None:
    placed = paid(world)
    method, path, body = CASES[case](world, placed)
    first = staff(world, method, path, body, key="again")
    assert first["statusCode"] in (200, 201), first
    assert "idempotent-replayed" not in first["headers"]
    before = world.shop.events(placed)
    again = staff(world, method, path, dict(reversed(body.items())), key="again")
    assert (again["statusCode"], body_of(again)) == (first["statusCode"], body_of(first))
    assert again["headers"]["idempotent-replayed"] == "true"
    assert world.shop.events(placed) == before
    other = {**body, "reason": "Something else"}
    problem(staff(world, method, path, other, key="again"), 422, "idempotency-key-reused")
    assert world.shop.events(placed) == before
    if method == "POST":
        problem(staff(world, method, path, body, key=None), 400, "bad-header")
    for wrong in (" ", "x" * 256, "schlüssel"):
        problem(staff(world, method, path, body, key=wrong), 400, "bad-header")


@pytest.mark.parametrize("decision", ["approve", "reject", "receive"])
def test_returns_are_decided_and_received_once_for_a_key(world: World, decision: str) -> None:
    placed = paid(world)
    path, body = _asked_back(world, placed), dict[str, Any]()
    if decision == "receive":
        decide_return(world.shop.till, placed.order.number, 1, "approve", by="staff-2", reason="fine")
        body = {"items": [{"sku": sku_of(placed), "quantity": 1, "fate": "restock"}]}
    first, again = (staff(world, "POST", f"{path}/{decision}", {**WHY, **body}, key="again") for _ in range(2))
    assert (first["statusCode"], body_of(first)) == (200, body_of(again))
    assert again["headers"]["idempotent-replayed"] == "true"
    problem(staff(world, "POST", f"{path}/{decision}", {**WHY, **body}, key=None), 400, "bad-header")


def test_a_key_is_its_owners(world: World) -> None:
    """Two members of staff who happen to send one key do two things."""
    placed = paid(world)
    path, body = f"/admin/orders/{placed.order.number}/shipments", {"carrier": "g4s", "tracking": "G4S-7"}
    assert staff(world, "POST", path, body, key="one")["statusCode"] == 201
    agent = token(sub="staff-2", roles=["agent"])
    other = staff(world, "POST", f"{path}/1/status", {**WHY, "status": "delivered"}, key="one", bearer=agent)
    assert other["statusCode"] == 200
    assert "idempotent-replayed" not in other["headers"]


def test_the_mark_is_in_the_trail_and_says_nobodys_key(world: World) -> None:
    placed = paid(world)
    staff(world, "POST", f"/admin/orders/{placed.order.number}/cancel", WHY, key="my-own-key")
    [marked] = [event for event in world.shop.events(placed) if event.request]
    assert marked.type == "OrderCancelled"
    assert marked.request is not None
    assert "my-own-key" not in marked.request
