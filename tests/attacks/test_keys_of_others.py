"""Keys that two hold: what somebody else's key, chosen or copied, does for whom it is not."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.identity.door_keys import DoorKeys
from tests.attacks.scene import Scene
from tests.handlers.staff_calls import paid, staff
from tests.handlers.world import body_of
from tests.support.tokens import token

WHY = {"reason": "The buyer called"}
Secret = dict[str, Any]
WEB: Secret = {"keys": ["web-key-0123456789"], "origins": ["https://shop.test"], "per_minute": 600}
APP: Secret = {"keys": ["app-key-0123456789"], "origins": [], "per_minute": 600}
ERP: Secret = {
    "keys": ["erp-key-0123456789"],
    "signing_secrets": ["erp-secret-0123456789"],
    "roles": ["vendor"],
}
BANK: Secret = {
    "keys": ["bank-key-0123456789"],
    "signing_secrets": ["bank-secret-0123456789"],
    "roles": ["finance"],
}


def test_two_members_of_staff_who_send_one_key_give_back_twice(scene: Scene) -> None:
    """Else the second is told that it was done, and it is not; and one can find out by whose key another acted."""
    placed = paid(scene.world)
    path = f"/admin/orders/{placed.order.number}/refunds"
    answers = [
        staff(scene.world, "POST", path, {**WHY, "amount": 10_000}, key="1", bearer=token(sub=who, roles=["finance"]))
        for who in ("staff-1", "staff-2")
    ]
    assert [answer["statusCode"] for answer in answers] == [201, 201]
    assert [len(body_of(answer)["refunds"]) for answer in answers] == [1, 2]


def test_two_members_of_staff_who_send_one_key_send_two_parcels(scene: Scene) -> None:
    placed = paid(scene.world)
    path = f"/admin/orders/{placed.order.number}/shipments"
    bodies = [{"carrier": "g4s", "tracking": f"G4S-{parcel}"} for parcel in (1, 2)]
    who = [token(sub=f"agent-{n}", roles=["agent"]) for n in (1, 2)]
    first = staff(scene.world, "POST", path, bodies[0], key="1", bearer=who[0])
    # Everything was sent, so the second is told so, and not that the key was used by somebody.
    second = staff(scene.world, "POST", path, bodies[1], key="1", bearer=who[1])
    assert (first["statusCode"], second["statusCode"]) == (201, 409)
    assert body_of(second)["type"] != "urn:salama:problem:idempotency-key-reused"


@pytest.mark.parametrize(
    ("clients", "services", "named"),
    [
        # What every copy of a page holds would open what a service may.
        ({"web": {**WEB, "keys": ["erp-key-0123456789"]}}, {"erp": ERP}, "clients.web.keys"),
        ({"web": WEB, "app": {**APP, "keys": WEB["keys"]}}, {}, "clients.app.keys"),
        ({}, {"bank": BANK, "erp": {**ERP, "keys": [*ERP["keys"], *BANK["keys"]]}}, "services.erp.keys"),
        # One's requests would be the other's: the nonce is spent for each of them.
        (
            {},
            {"bank": BANK, "erp": {**ERP, "signing_secrets": BANK["signing_secrets"]}},
            "services.erp.signing_secrets",
        ),
        # Who sees a request sees its key.
        ({}, {"erp": {**ERP, "signing_secrets": ERP["keys"]}}, "services.erp.signing_secrets"),
        ({"web": {**WEB, "keys": ["erp-secret-0123456789"]}}, {"erp": ERP}, "clients.web.keys"),
    ],
)
def test_no_key_or_secret_stands_for_two(clients: dict[str, Any], services: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match="for something else too") as refused:
        DoorKeys.read({"clients": clients, "services": services})
    assert named in str(refused.value)
    assert "0123456789" not in str(refused.value)


def test_a_key_that_is_listed_twice_for_one_is_no_fault() -> None:
    assert DoorKeys.read({"clients": {"web": {**WEB, "keys": WEB["keys"] * 2}}, "services": {"erp": ERP}})
