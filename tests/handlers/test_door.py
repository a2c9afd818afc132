"""The door as API Gateway's events come to it: clients' keys, services' keys, and what services sign."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from commerce.identity.permissions import Role
from commerce.limits.nonces import NonceRow
from commerce.runtime import aws
from commerce.runtime.door import Visitor, enter
from commerce.runtime.environment import SettingsError
from tests.handlers.event_files import FOLDER, PLACEHOLDER, Event, load
from tests.handlers.world import DOOR_SECRET, Answer, Calls, World, body_of, closed_door, logged
from tests.support import tokens
from tests.support.services import signed

WEB, OLD_WEB = DOOR_SECRET["clients"]["web"]["keys"]
ERP, OLD_ERP = DOOR_SECRET["services"]["erp"]["keys"]
SECRET, OLD_SECRET = DOOR_SECRET["services"]["erp"]["signing_secrets"]
#: A request of each function that has a door.
EVERY = [
    ("browse_catalog", "products"),
    ("browse_catalog", "categories"),
    ("start_checkout", "place_order"),
    ("show_order", "wrong_number"),
    ("check_voucher", "check"),
    ("offer_payment_methods", "in_dollars"),
    ("retry_payment", "wrong_number"),
    ("request_return", "wrong_email"),
    ("serve_customer", "me"),
    ("serve_staff", "find_orders"),
]


@pytest.fixture
def door(world: World) -> Iterator[World]:
    with closed_door(world):
        yield world


def a_case(function: str, case: str) -> Event:
    """Return an event of a function; which one matters little here."""
    path = FOLDER / function / f"{case}.json"
    path = path if path.exists() else sorted(path.parent.glob("*.json"))[0]
    asked = {name for name in PLACEHOLDER.findall(path.read_text()) if not name.startswith("token_of_")}
    values = dict.fromkeys(asked, "7K2M9QX4TD")
    return load(function, path.stem, **values)


def told(answer: Answer) -> tuple[int, str]:
    """Return the status and the last word of the problem's type."""
    problem = body_of(answer)
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["content-type"] == "application/problem+json", answer
    assert problem["status"] == answer["statusCode"]
    return answer["statusCode"], problem["type"].rpartition(":")[2]


def products(**headers: str) -> Event:
    event = a_case("browse_catalog", "products")
    event["headers"].update({name.replace("_", "-"): value for name, value in headers.items()})
    return event


@pytest.mark.parametrize(("function", "case"), EVERY)
def test_every_function_asks_for_the_key(door: World, function: str, case: str) -> None:
    event = a_case(function, case)
    refusals = [door.call(function, {**event, "headers": {**event["headers"], **sent}}) for sent in (
        {}, {"x-client-key": ""}, {"x-client-key": "web-key"}, {"x-client-key": WEB + ","}, {"x-client-key": "é" * 20},
    )]  # fmt: skip
    assert {told(answer) for answer in refusals} == {(401, "client-key-refused")}
    assert len({answer["body"] for answer in refusals}) == 1, "nobody is told which keys there are"
    headers = {name.lower(): value for name, value in refusals[0]["headers"].items()}
    assert headers["www-authenticate"] == "Salama-Client-Key"

    answer = door.call(function, {**event, "headers": {**event["headers"], "x-client-key": WEB}})
    assert "client-key-refused" not in (answer["body"] or "")


def test_without_the_secret_nobody_is_asked_and_no_service_can_call(world: World) -> None:
    assert world.call("browse_catalog", products())["statusCode"] == 200
    assert world.call("browse_catalog", products(x_client_key="whatever"))["statusCode"] == 200
    assert told(world.call("browse_catalog", products(x_internal_key=ERP))) == (401, "service-key-refused")


@pytest.mark.parametrize("key", [WEB, OLD_WEB])
def test_one_key_can_replace_another(door: World, key: str) -> None:
    assert door.call("browse_catalog", products(x_client_key=key))["statusCode"] == 200


def test_a_key_that_was_taken_out_opens_nothing(world: World) -> None:
    clients = {"web": {**DOOR_SECRET["clients"]["web"], "keys": [WEB]}}
    with closed_door(world, clients=clients):
        assert world.call("browse_catalog", products(x_client_key=WEB))["statusCode"] == 200
        assert told(world.call("browse_catalog", products(x_client_key=OLD_WEB))) == (401, "client-key-refused")


def test_a_secret_that_was_replaced_is_read_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with closed_door(world):
        assert world.call("browse_catalog", products(x_client_key=OLD_WEB))["statusCode"] == 200
        name = world.variables["DARAJA_SECRET_ID"].removesuffix("daraja") + "door"
        clients = {"web": {**DOOR_SECRET["clients"]["web"], "keys": [WEB]}}
        changed = json.dumps(DOOR_SECRET | {"clients": clients})
        aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=changed)
        assert world.call("browse_catalog", products(x_client_key=OLD_WEB))["statusCode"] == 200, "still in memory"
        monkeypatch.setattr(aws, "SECRET_SECONDS", 0.0)
        aws._secrets[name] = (float("-inf"), aws._secrets[name][1])
        assert told(world.call("browse_catalog", products(x_client_key=OLD_WEB))) == (401, "client-key-refused")


@pytest.mark.parametrize("origin", ["https://shop.test", "https://www.shop.test"])
def test_a_page_of_the_frontends_own(door: World, origin: str) -> None:
    assert door.call("browse_catalog", products(x_client_key=WEB, origin=origin))["statusCode"] == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "https://shop.test.evil.test", "http://shop.test", "https://shop.test:8443", "null", "",
     "https://staff.shop.test", "https://SHOP.test"],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(door: World, origin: str) -> None:
    answer = door.call("browse_catalog", products(x_client_key=WEB, origin=origin))
    assert told(answer) == (403, "origin-refused")
    assert "shop.test" not in answer["body"]


def test_a_frontend_may_send_so_much_a_minute(world: World, calls: Calls) -> None:
    clients = {"web": {**DOOR_SECRET["clients"]["web"], "per_minute": 60}, "staff": DOOR_SECRET["clients"]["staff"]}
    with closed_door(world, clients=clients):
        world.shop.clock.forward(timedelta(minutes=1))
        calls.made.clear()
        answers = [world.call("browse_catalog", products(x_client_key=WEB)) for _ in range(64)]
        assert [answer["statusCode"] for answer in answers] == [200] * 60 + [429] * 4
        assert int(answers[-1]["headers"]["retry-after"]) <= 60
        counted = [what for _, name, what in calls.made if name == "UpdateItem"]
        assert len(counted) == 60 // 2 + 2, "a lot of two for a small limit; two refusals, then it is known"
        staff = products(x_client_key=DOOR_SECRET["clients"]["staff"]["keys"][0])
        assert world.call("browse_catalog", staff)["statusCode"] == 200, "another frontend's limit is its own"


def test_one_write_counts_twenty_requests(door: World, calls: Calls) -> None:
    calls.made.clear()
    for _ in range(20):
        door.call("browse_catalog", products(x_client_key=WEB))
    assert calls.operations.count("dynamodb:UpdateItem") == 1


def test_a_broken_secret_lets_nobody_in_and_says_nothing(world: World) -> None:
    with closed_door(world, clients={"web": {"keys": "web-key-0123456789", "origins": [], "per_minute": 1}}):
        with pytest.raises(SettingsError, match=r"clients\.web\.keys") as refused:
            enter(products(x_client_key="web-key-0123456789"), b"")
        assert "web-key" not in str(refused.value)


# --- Services ---------------------------------------------------------------------------------------------------------


def change(sku: str = "SKU-1") -> Event:
    """Return a change of stock, as a service asks for it."""
    body = json.dumps({"change": 1, "reason": "counted"})
    return {
        "version": "2.0",
        "routeKey": "POST /admin/stock/{sku}/adjustments",
        "rawPath": f"/admin/stock/{sku}/adjustments",
        "rawQueryString": "from=erp&why=a%20count",
        "headers": {"content-type": "application/json", "idempotency-key": "erp-1"},
        "requestContext": {
            "http": {"method": "POST", "path": f"/admin/stock/{sku}/adjustments", "sourceIp": "192.0.2.9"}
        },
        "body": body,
        "isBase64Encoded": False,
    }


def let_in(world: World, event: Event) -> Visitor:
    return enter(event, (event.get("body") or "").encode())


def service(world: World, event: Event | None = None, *, key: str = ERP, secret: str = SECRET, **how: Any) -> Event:
    now = world.shop.clock.now().timestamp()
    return signed(event or change(), how.pop("at", now), key=key, secret=secret, **how)


@pytest.mark.parametrize("key", [ERP, OLD_ERP])
def test_a_service_reads_with_its_key_alone(door: World, key: str, calls: Calls) -> None:
    calls.made.clear()
    visitor = let_in(door, products(x_internal_key=key))
    assert (visitor.client, visitor.caller and visitor.caller.subject) == (None, "service/erp")
    assert visitor.caller is not None
    assert (visitor.caller.service, visitor.caller.roles) == (True, frozenset({Role.VENDOR}))
    assert "dynamodb:UpdateItem" not in calls.operations


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_a_service_signs_what_it_changes(door: World, secret: str, calls: Calls) -> None:
    calls.made.clear()
    visitor = let_in(door, service(door, secret=secret))
    assert visitor.caller is not None
    assert visitor.caller.subject == "service/erp"
    assert calls.operations.count("dynamodb:UpdateItem") == 1, "the nonce"
    (row,) = [row for row in door.shop.database.bind(NonceRow, "guards").scan() if row.pk == _nonce_of(calls)]
    assert int(row.expires_at) >= door.shop.clock.now().timestamp() + 2 * 300


def _nonce_of(calls: Calls) -> str:
    (what,) = [what for _, name, what in calls.made if name == "UpdateItem"]
    return str(what["Key"]["pk"]["S"])


def test_a_signed_change_is_made_and_its_trail_names_the_service(door: World) -> None:
    door.shop.sell("SKU-OF-ERP", stock=5)
    event = change("SKU-OF-ERP")
    event["body"] = json.dumps({"change": 2, "reason": "counted again"})
    answer = door.call("serve_staff", service(door, event))
    assert answer["statusCode"] in (200, 201), answer["body"]
    assert door.shop.stock("SKU-OF-ERP")["available"] == 7
    by = [event.data.get("by") for event in door.shop.till.log.trail("sku/SKU-OF-ERP")]
    assert "service/erp" in by


def refusal_of(world: World, event: Event) -> tuple[int, str]:
    return told(world.call("serve_staff", event))


@pytest.mark.parametrize("key", ["", "nobody", WEB, SECRET, ERP[:-1], "é" * 20])
def test_a_key_of_no_service(door: World, key: str) -> None:
    assert refusal_of(door, service(door, key=key)) == (401, "service-key-refused")


def test_a_token_beside_a_services_key_is_ambiguous(door: World) -> None:
    event = service(door)
    event["headers"]["authorization"] = f"Bearer {tokens.token_of('baraka')}"
    assert refusal_of(door, event) == (400, "ambiguous-caller")


@pytest.mark.parametrize("missing", ["x-salama-timestamp", "x-salama-nonce", "x-salama-signature"])
def test_an_unsigned_change_is_refused(door: World, missing: str) -> None:
    event = service(door)
    del event["headers"][missing]
    answer = door.call("serve_staff", event)
    assert told(answer) == (401, "service-signature-refused")
    assert body_of(answer)["errors"][0]["field"] == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-salama-timestamp", "yesterday"),
        ("x-salama-timestamp", "-1"),
        ("x-salama-timestamp", "1e9"),
        ("x-salama-timestamp", "٣" * 10),
        ("x-salama-timestamp", "9" * 400),
        ("x-salama-nonce", "short"),
        ("x-salama-nonce", "n" * 65),
        ("x-salama-nonce", "sixteen charact\n"),
        ("x-salama-nonce", "GUARDS#injected#0000"),
        ("x-salama-signature", "v1="),
        ("x-salama-signature", "v2=" + "0" * 64),
        ("x-salama-signature", "v1=" + "é" * 64),
        ("x-salama-signature", "0" * 64),
    ],
)
def test_headers_that_cannot_be(door: World, name: str, value: str) -> None:
    event = service(door)
    event["headers"][name] = value
    assert refusal_of(door, event) == (401, "service-signature-refused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": '{"delta": 100}'},
        {"method": "PUT"},
        {"path": "/admin/stock/SKU-2/adjustments?from=erp&why=a%20count"},
        {"path": "/admin/stock/SKU-1/adjustments"},
        {"path": "/admin/stock/SKU-1/adjustments?from=erp&why=a count"},
        {"nonce": "another-nonce-than-sent"},
        {"timestamp": "1"},
        {"secret": DOOR_SECRET["services"]["books"]["signing_secrets"][0]},
        {"secret": ERP},
        {"key": DOOR_SECRET["services"]["books"]["keys"][0]},
    ],
)
def test_a_signature_of_something_else(door: World, wrong: dict[str, Any], calls: Calls) -> None:
    calls.made.clear()
    assert refusal_of(door, service(door, **wrong)) == (401, "service-signature-refused")
    assert "dynamodb:UpdateItem" not in calls.operations, "what anybody can send writes nothing"


@pytest.mark.parametrize(("seconds", "well"), [(-300, True), (300, True), (-301, False), (302, False), (86_400, False)])
def test_signed_at_another_time(door: World, seconds: int, well: bool) -> None:
    now = int(door.shop.clock.now().timestamp())
    answer = door.call("serve_staff", service(door, at=now + seconds))
    refused = (answer["statusCode"], body_of(answer)["type"].rpartition(":")[2]) == (401, "service-signature-refused")
    assert refused is not well


def test_a_replay_is_refused(door: World) -> None:
    event = service(door)
    assert let_in(door, event).caller is not None
    answer = door.call("serve_staff", event)
    assert told(answer) == (409, "nonce-spent")
    assert refusal_of(door, service(door, sent_nonce=event["headers"]["x-salama-nonce"], body="{}")) == (
        401,
        "service-signature-refused",
    ), "a wrong signature is told of first"
    other = service(door, key=DOOR_SECRET["services"]["books"]["keys"][0],
                    secret=DOOR_SECRET["services"]["books"]["signing_secrets"][0],
                    sent_nonce=event["headers"]["x-salama-nonce"])  # fmt: skip
    assert let_in(door, other).caller is not None, "each service has nonces of its own"


def test_a_body_in_base64_is_signed_as_it_is(door: World) -> None:
    event = service(door)
    plain = event["body"]
    event |= {"body": base64.b64encode(plain.encode()).decode(), "isBase64Encoded": True}
    door.shop.sell("SKU-1", stock=1)
    assert door.call("serve_staff", event)["statusCode"] == 200
    assert door.shop.stock("SKU-1")["available"] == 2


def test_a_service_is_no_customer(door: World) -> None:
    event = a_case("serve_customer", "me")
    event["headers"] = {"x-internal-key": ERP}
    assert told(door.call("serve_customer", event)) == (403, "not-permitted")


def test_a_service_has_its_own_roles_only(door: World) -> None:
    event = a_case("serve_staff", "find_orders")
    event["headers"] = {"x-internal-key": ERP}
    event |= {"rawPath": "/admin/orders", "rawQueryString": ""}
    event["requestContext"]["http"] |= {"method": "GET", "path": "/admin/orders"}
    assert told(door.call("serve_staff", event)) == (403, "not-permitted")


def test_each_refusal_is_a_security_event_and_none_holds_a_secret(door: World) -> None:
    with logged(logging.DEBUG) as log:
        event = service(door)
        door.call("serve_staff", event)
        door.call("serve_staff", event)
        for one in (service(door, key="nobody-at-all-0123"), service(door, body="{}")):
            door.call("serve_staff", one)
        door.call("browse_catalog", products(x_client_key="web-key-guessed-0123"))
        door.call("browse_catalog", products(x_client_key=WEB, origin="https://evil.test"))
    kinds = {fact["kind"] for fact in door.told()}
    assert {"replay_refused", "service_refused", "signature_refused", "client_refused"} <= kinds
    for secret in (
        ERP,
        SECRET,
        WEB,
        OLD_WEB,
        "web-key-guessed",
        "nobody-at-all",
        event["headers"]["x-salama-signature"],
    ):
        assert secret not in log.text
