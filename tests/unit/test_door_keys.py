"""The door's keys: what the secret may hold, and who each key belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from commerce.identity.door_keys import DoorKeys
from commerce.identity.permissions import Role

WEB = {"keys": ["web-key-0123456789", "web-key-9876543210"], "origins": ["https://shop.test"], "per_minute": 600}
ERP = {"keys": ["erp-key-0123456789"], "signing_secrets": ["erp-secret-0123456789"], "roles": ["vendor", "agent"]}


def read(**changes: Any) -> DoorKeys:
    return DoorKeys.read({"clients": {"web": WEB}, "services": {"erp": ERP}} | changes)


def test_each_key_belongs_to_one() -> None:
    keys = read()
    for key in WEB["keys"]:  # type: ignore[attr-defined]
        client = keys.client_of(key)
        assert client is not None
        assert (client.name, client.origins, client.per_minute) == ("web", frozenset({"https://shop.test"}), 600)
        assert keys.service_of(key) is None
    service = keys.service_of("erp-key-0123456789")
    assert service is not None
    assert (service.name, service.roles) == ("erp", frozenset({Role.VENDOR, Role.AGENT}))
    assert keys.client_of("erp-key-0123456789") is None


@pytest.mark.parametrize("key", ["", "web", "web-key-012345678", "WEB-KEY-0123456789", "\ud800", "x" * 10_000])
def test_any_other_belongs_to_nobody(key: str) -> None:
    assert read().client_of(key) is None
    assert read().service_of(key) is None


def test_who_is_not_there_is_not_known() -> None:
    assert DoorKeys.read({}) == DoorKeys((), ())
    assert DoorKeys().client_of("web-key-0123456789") is None


def test_keys_are_not_shown() -> None:
    shown = repr(read())
    for secret in (*WEB["keys"], *ERP["keys"], *ERP["signing_secrets"]):  # type: ignore[misc]
        assert secret not in shown


@pytest.mark.parametrize(
    ("member", "wrong", "named"),
    [
        ("clients", [], "clients"),
        ("clients", {"web": "key"}, "clients.web"),
        ("clients", {"web": {**WEB, "keys": "web-key-0123456789"}}, "clients.web.keys"),
        ("clients", {"web": {**WEB, "keys": ["short"]}}, "clients.web.keys"),
        ("clients", {"web": {**WEB, "keys": [""]}}, "clients.web.keys"),
        ("clients", {"web": {**WEB, "keys": [None]}}, "clients.web.keys"),
        ("clients", {"web": {**WEB, "origins": "https://shop.test"}}, "clients.web.origins"),
        ("clients", {"web": {**WEB, "per_minute": 0}}, "clients.web.per_minute"),
        ("clients", {"web": {**WEB, "per_minute": True}}, "clients.web.per_minute"),
        ("clients", {"web": {**WEB, "per_minute": "600"}}, "clients.web.per_minute"),
        ("services", {"erp": {**ERP, "roles": ["owner"]}}, "services.erp.roles"),
        ("services", {"erp": {**ERP, "roles": "admin"}}, "services.erp.roles"),
        (
            "services",
            {"erp": {**ERP, "signing_secrets": ["", "erp-secret-0123456789"]}},
            "services.erp.signing_secrets",
        ),
    ],
)
def test_what_cannot_be_is_named_and_not_quoted(member: str, wrong: Any, named: str) -> None:
    with pytest.raises(ValueError, match=r"is no|names a role") as refused:
        read(**{member: wrong})
    assert str(refused.value).startswith(named)
    assert "0123456789" not in str(refused.value)


def test_a_service_without_secrets_can_read_only() -> None:
    service = read(services={"erp": {**ERP, "signing_secrets": []}}).service_of("erp-key-0123456789")
    assert service is not None
    assert service.signing_secrets == ()
