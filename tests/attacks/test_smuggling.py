"""What a client says of its own price, its own role or its own state changes nothing; what is repeated happens once."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from commerce.reviews.model import ReviewState
from commerce.reviews.store import Reviews
from tests.attacks.hostile import ADMIN, BODIES, CUSTOMER, REASON, SMUGGLED
from tests.attacks.scene import Scene
from tests.support.gateway import Reply
from tests.support.reviews import order_of

STAFF = ("authorization", f"Bearer {ADMIN}")
_keys = itertools.count()


def key() -> tuple[str, str]:
    return "idempotency-key", f"smuggled-{next(_keys)}"


def place(scene: Scene, body: Any, *headers: tuple[str, str]) -> Reply:
    return scene.send("POST", "/checkout", body, headers=[*headers, *([] if headers else [key()])])


def bill(reply: Reply) -> dict[str, Any]:
    """What was charged, line by line, without what names the order."""
    order = reply.json["order"]
    return {
        name: order[name] for name in order if name in {"items", "subtotal", "discount", "shipping", "tax", "total"}
    }


def test_a_buyer_sets_no_price(scene: Scene) -> None:
    honest = BODIES["POST /checkout"]
    crafted = json.loads(json.dumps(honest))
    crafted |= SMUGGLED | {
        "due": 1,
        "amount": 1,
        "credit_used": 10**9,
        "rounding": -(10**9),
        "reserved_until": "2099-01-01",
    }
    crafted["items"] = [item | SMUGGLED | {"tax_rate": "0"} for item in honest["items"]]
    crafted["shipping"] |= {"price": 0, "cost": 0, "label": "free", "carrier": "mine"}
    crafted["payment"] |= {"amount": 1, "status": "succeeded", "paid": True, "receipt": "TKM4A1B2C3"}
    crafted["customer"] |= {"roles": ["admin"], "subject": "somebody-else"}
    fair, unfair = place(scene, honest), place(scene, crafted)
    assert (fair.status, unfair.status) == (201, 201)
    assert bill(unfair) == bill(fair)
    order = unfair.json["order"]
    assert order["number"] != SMUGGLED["number"]
    assert unfair.json["payment"]["status"] != "succeeded"
    asked = scene.world.shop.provider.started[-2:]
    assert asked[0].amount == asked[1].amount


@pytest.mark.parametrize("quantity", [0, -1, 0.5, 101, 10**12, "1", True, None, [1], {"$gt": 0}, 1e2])
def test_a_quantity_is_a_number_of_units(scene: Scene, quantity: Any) -> None:
    reply = place(scene, BODIES["POST /checkout"] | {"items": [{"sku": "THING-1", "quantity": quantity}]})
    assert reply.status == 422
    assert reply.json["errors"][0]["field"] == "items.0.quantity"
    assert scene.written == []


def test_many_lines_are_too_many_however_they_are_written(scene: Scene) -> None:
    for items in (
        [{"sku": f"SKU-{n}", "quantity": 1} for n in range(21)],
        [{"sku": "THING-1", "quantity": 60}, {"sku": "THING-1", "quantity": 60}],
        [{"sku": "THING-1", "quantity": 1}] * 500,
        [],
    ):
        assert place(scene, BODIES["POST /checkout"] | {"items": items}).status == 422
    assert scene.written == []


@pytest.mark.parametrize("currency", ["kes", "EUR", "", None, "KES,USD", ["KES"], 404])
def test_a_currency_is_one_that_the_shop_prices_in(scene: Scene, currency: Any) -> None:
    assert place(scene, BODIES["POST /checkout"] | {"currency": currency}).status == 422
    assert scene.written == []


@pytest.mark.parametrize("country", ["ZZZ", "", "K", "12", "<x", "ＫＥ"])
def test_a_country_is_a_country(scene: Scene, country: str) -> None:
    body = json.loads(json.dumps(BODIES["POST /checkout"]))
    body["shipping"]["address"]["country"] = country
    assert place(scene, body).status == 422
    assert scene.written == []


def test_a_review_is_not_approved_by_who_writes_it(scene: Scene) -> None:
    shop = scene.world.shop
    number = order_of(shop, "a review that approves itself", "THING-2")
    said = BODIES["POST /products/{slug}/reviews"] | {"order_number": number}
    crafted = said | {
        "status": "approved",
        "state": "approved",
        "decision": "approve",
        "by": "staff-1",
        "verified": True,
    }
    reply = scene.send("POST", "/products/thing-2/reviews", crafted)
    assert (reply.status, reply.json["review"]["status"]) == (201, "pending")
    [stretch] = Reviews(shop.database).in_state(ReviewState.PENDING, after=None, examine=5)
    assert len(stretch.found) == 1


def test_a_customer_saves_no_cart_of_another_and_no_role(scene: Scene) -> None:
    mine = [("authorization", f"Bearer {CUSTOMER}")]
    crafted = BODIES["PUT /me/cart"] | SMUGGLED | {"customer": "victim-1"}
    crafted.pop("version")
    saved = scene.send("PUT", "/me/cart", crafted, headers=[*mine, key()])
    assert saved.status in {200, 422}
    shown = scene.ask("GET", "/me", headers=mine)
    assert shown.json == {"subject": "customer-1", "email": "person@example.com"}
    assert set(scene.written) <= {"customers"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/admin/products/thing-1/for-sale", {"for_sale": True}),
        ("POST", "/admin/vouchers/KARIBU10/active", {"active": True}),
        ("POST", "/admin/stock/THING-1/adjustments", {"change": 1}),
        ("POST", "/admin/orders/{open}/cancel", {}),
        ("POST", "/admin/orders/{open}/refunds", {"amount": 1}),
    ],
)
@pytest.mark.parametrize(
    "more", [{"by": "somebody-else"}, {"roles": ["admin"]}, {"at": "2020-01-01"}, {"__proto__": {}}]
)
def test_staff_sign_with_their_own_name(
    scene: Scene, method: str, path: str, body: dict[str, Any], more: dict[str, Any]
) -> None:
    """A member that the shop does not know is refused, not dropped: nobody is left to believe that it did something."""
    reply = scene.send(method, path.format(open=scene.open), {**body, **REASON, **more}, headers=[STAFF, key()])
    assert reply.status in {403, 422}
    assert scene.written == []
    assert scene.told


def test_a_request_sent_again_is_answered_again_and_does_nothing(scene: Scene) -> None:
    again = key()
    first = place(scene, BODIES["POST /checkout"], again)
    assert first.status == 201
    prompts = len(scene.world.shop.provider.started)
    scene.forget()
    for _ in range(3):
        reply = place(scene, BODIES["POST /checkout"], again)
        assert (reply.status, reply.headers["idempotent-replayed"]) == (200, "true")
        assert reply.json["order"] == first.json["order"]
    assert scene.written == []
    assert len(scene.world.shop.provider.started) == prompts, "nobody's phone rings twice for one order"


def test_a_key_with_another_request_is_refused_and_told(scene: Scene) -> None:
    once = key()
    assert place(scene, BODIES["POST /checkout"], once).status == 201
    scene.forget()
    for change in (
        {"items": [{"sku": "THING-1", "quantity": 2}]},
        {"payment": {"method": "mpesa", "phone": "0700000001"}},
        {"voucher": "KARIBU10"},
    ):
        reply = place(scene, BODIES["POST /checkout"] | change, once)
        assert (reply.status, reply.json["type"]) == (422, "urn:salama:problem:idempotency-key-reused")
    assert scene.written == []
    assert set(scene.kinds) == {"key_reused"}


def test_what_comes_in_the_wrong_order_does_nothing(scene: Scene) -> None:
    """Goods are not sent before they are paid, nor money given back before it came, nor goods returned unsent."""
    number = place(scene, BODIES["POST /checkout"]).json["order"]["number"]
    scene.forget()
    buyer = {"email": "wanjiku@example.com", "items": [{"sku": "THING-1", "quantity": 1}]}
    asked = [
        scene.send(
            "POST",
            f"/orders/{number}/returns",
            BODIES["POST /orders/{number}/returns"] | buyer,
            headers=[key()],
        ),
        scene.send(
            "POST",
            f"/admin/orders/{number}/shipments",
            {"carrier": "dhl", "tracking": "1234567890"},
            headers=[STAFF, key()],
        ),
        scene.send("POST", f"/admin/orders/{number}/returns/1/receive", REASON, headers=[STAFF, key()]),
        scene.send("POST", f"/admin/orders/{number}/refunds/1/retry", REASON, headers=[STAFF, key()]),
        scene.send("POST", f"/orders/{number}/payments", BODIES["POST /orders/{number}/payments"], headers=[key()]),
    ]
    assert {reply.status for reply in asked} <= {403, 404, 409, 422}
    assert scene.written == []
