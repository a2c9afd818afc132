"""/admin/products, stock and vouchers: what staff keep."""

from __future__ import annotations

from datetime import timedelta

from tests.handlers.staff_calls import problem, sku_of, staff
from tests.handlers.world import World, body_of, fields_of


def test_stock_is_corrected_once_for_a_key_and_never_below_what_is_there(world: World) -> None:
    placed = world.order(stock=4)
    sku = sku_of(placed)
    path = f"/admin/stock/{sku}/adjustments"
    world.shop.clock.forward(timedelta(minutes=1))
    problem(staff(world, "POST", path, {"change": -1, "reason": "broken"}, key=None), 400, "bad-header")
    for _ in range(2):
        counted = body_of(staff(world, "POST", path, {"change": -2, "reason": "Two were broken"}, key="k"))
        assert counted == {"sku": sku, "available": 1, "reserved": 1, "sold": 0, "received": 2}
    problem(
        staff(world, "POST", path, {"change": -1, "reason": "Two were broken"}, key="k"), 422, "idempotency-key-reused"
    )
    told = problem(staff(world, "POST", path, {"change": -2, "reason": "gone"}, key="l"), 409, "out-of-stock")
    assert (told["available"], fields_of(told)) == (1, ["change"])
    for change in (0, 10**7, "1", 1.5):
        told = problem(staff(world, "POST", path, {"change": change, "reason": "odd"}, key="m"), 422, "invalid-request")
        assert fields_of(told) == ["change"]
    problem(
        staff(world, "POST", "/admin/stock/NONE/adjustments", {"change": 1, "reason": "odd"}, key="n"), 404, "not-found"
    )
    trail = body_of(staff(world, "GET", f"/admin/stock/{sku}/events"))["items"]
    assert [each["type"] for each in trail] == ["StockReceived", "StockAdjusted"]
    assert trail[-1]["data"] == {
        "sku": sku, "change": -2, "quantities": {"0": -2}, "by": "staff-1", "reason": "Two were broken",
    }  # fmt: skip
    world.shop.assert_promises()


def test_prices_change_with_who_and_why(world: World) -> None:
    placed = world.order()
    sku, slug = sku_of(placed), sku_of(placed).lower()
    body = {"prices": {sku: {"KES": 200_000}}, "reason": "The supplier charges more"}
    changed = body_of(staff(world, "PUT", f"/admin/products/{slug}/prices", body))
    assert changed["product"]["variants"][0]["prices"] == {"KES": 200_000}
    assert changed["revision"] == 2
    event = world.shop.till.log.trail(f"product/{slug}")[-1]
    assert (event.data["by"], event.data["reason"]) == ("staff-1", "The supplier charges more")
    for prices, field in (
        ({sku: {"KES": 200_050}}, f"prices.{sku}"),
        ({sku: {"KES": -1}}, f"prices.{sku}.KES"),
        ({sku: {"KES": "100"}}, f"prices.{sku}.KES"),
        ({sku: {"EUR": 100}}, f"prices.{sku}.EUR.[key]"),
        ({"OTHER": {"KES": 100}}, "prices.OTHER"),
        ({}, "prices"),
    ):
        path = f"/admin/products/{slug}/prices"
        told = problem(staff(world, "PUT", path, {**body, "prices": prices}), 422, "invalid-request")
        assert fields_of(told) == [field]
    problem(staff(world, "PUT", "/admin/products/none/prices", body), 404, "not-found")


def test_a_product_leaves_the_shelf_and_comes_back(world: World) -> None:
    slug = sku_of(world.order()).lower()

    def listed(shelf: str) -> list[str]:
        return [item["slug"] for item in body_of(staff(world, "GET", "/admin/products", shelf=shelf, q=slug))["items"]]

    path = f"/admin/products/{slug}/for-sale"
    assert body_of(staff(world, "PUT", path, {"for_sale": False, "reason": "Recalled"}))["revision"] == 2
    assert (listed("for_sale"), listed("withdrawn")) == ([], [slug])
    assert body_of(staff(world, "GET", f"/admin/products/{slug}"))["product"]["for_sale"] is False
    stock = body_of(staff(world, "GET", "/admin/stock", shelf="withdrawn", q=slug))["items"]
    assert [(item["slug"], item["available"]) for item in stock] == [(slug, 4)]
    staff(world, "PUT", path, {"for_sale": True, "reason": "Fixed"})
    assert (listed("for_sale"), listed("withdrawn")) == ([slug], [])


def test_a_product_is_written_over_the_revision_that_was_looked_at(world: World) -> None:
    slug = sku_of(world.order()).lower()
    shown = body_of(staff(world, "GET", f"/admin/products/{slug}"))
    product = {**shown["product"], "summary": "Better words"}
    body = {"product": product, "revision": shown["revision"], "reason": "Better words"}
    written = body_of(staff(world, "PUT", f"/admin/products/{slug}", body))
    assert (written["revision"], written["product"]["summary"]) == (2, "Better words")
    assert body_of(staff(world, "PUT", f"/admin/products/{slug}", body)) == written, "a repeat changes nothing"
    stale = {**body, "product": {**product, "summary": "Mine"}}
    problem(staff(world, "PUT", f"/admin/products/{slug}", stale), 409, "product-changed")
    told = problem(staff(world, "PUT", "/admin/products/other", body), 422, "invalid-request")
    assert fields_of(told) == ["product.slug"]
    odd = {**body, "product": {**product, "variants": []}}
    told = problem(staff(world, "PUT", f"/admin/products/{slug}", odd), 422, "invalid-request")
    assert fields_of(told) == ["product.variants"]


def test_a_voucher_opens_is_listed_and_switched_off(world: World) -> None:
    voucher = {"code": "STAFF-5", "description": "Five hundred off", "kind": "fixed", "amounts": {"KES": 50_000}}
    path = "/admin/vouchers/staff-5"
    opened = body_of(staff(world, "PUT", path, {"voucher": voucher, "reason": "A campaign"}))
    assert (opened["revision"], opened["used"], opened["voucher"]["active"]) == (1, 0, True)
    assert "STAFF-5" in [each["voucher"]["code"] for each in body_of(staff(world, "GET", "/admin/vouchers"))["items"]]
    off = body_of(staff(world, "POST", f"{path}/active", {"active": False, "reason": "Enough"}))
    assert (off["revision"], off["voucher"]["active"]) == (2, False)
    event = world.shop.till.log.trail("voucher/STAFF-5")[-1]
    assert (event.data["by"], event.data["reason"]) == ("staff-1", "Enough")
    for change, field in (
        ({"code": "OTHER"}, "voucher.code"),
        ({"kind": "percent"}, "voucher.percent"),
        ({"amounts": {"KES": 50_050}}, "voucher.amounts"),
        ({"shards": 21}, "voucher.shards"),
    ):
        body = {"voucher": {**voucher, **change}, "reason": "A campaign"}
        assert staff(world, "PUT", path, body)["statusCode"] == 422, field
    problem(staff(world, "GET", "/admin/vouchers/NONE"), 404, "not-found")
    problem(staff(world, "POST", "/admin/vouchers/NONE/active", {"active": True, "reason": "odd"}), 404, "not-found")
    first = body_of(staff(world, "GET", "/admin/vouchers", limit=1))
    assert len(first["items"]) == 1
