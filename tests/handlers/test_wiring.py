"""Each function with nothing but the variables that the template gives it, and everything it builds real."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from commerce.checkout.place_order import Placement
from commerce.payments.links import Purpose
from commerce.payments.providers.daraja import token
from commerce.runtime import wiring
from commerce.runtime.environment import SettingsError
from sandbox.stack.template import FUNCTION, Template
from tests.handlers.event_files import load
from tests.handlers.test_event_files import ROOT
from tests.handlers.test_receive_carrier_event import a_report, signed
from tests.handlers.test_receive_stripe_event import event as stripe_event
from tests.handlers.world import World, body_of, forget

REAL = {name: getattr(wiring, name) for name in ("clock", "database", "payment_providers")}


@cache
def given(function: str) -> set[str]:
    """Return the variables that the template sets for a function."""
    template = Template.read(ROOT / "template.yaml")
    shared = template.document["Globals"]["Function"]["Environment"]["Variables"]
    for _, properties in template.resources(FUNCTION):
        if properties["Handler"].startswith(f"functions.{function}."):
            return set(shared) | set(properties.get("Environment", {}).get("Variables", {}))
    raise LookupError(function)


@pytest.fixture
def placed(world: World) -> Placement:
    world.shop.sell("LAP-T480-16-512", stock=5)
    return world.order()


@pytest.fixture
def bare(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Undo what the world put in place of the wiring."""
    forget_all()
    for name, builder in REAL.items():
        monkeypatch.setattr(wiring, name, builder)
    # Nothing listens where Daraja should be; workers that wait for each other's token need not wait here.
    monkeypatch.setattr(token, "LOOK_EVERY_SECONDS", 0)
    yield monkeypatch
    forget_all()


def forget_all() -> None:
    for builder in (*REAL.values(), *vars(wiring).values()):
        if hasattr(builder, "cache_clear"):
            builder.cache_clear()


def events(world: World, placed: Placement) -> dict[str, dict[str, Any]]:
    number = placed.order.number
    references = {"request_id": "m", "payment_id": "c"}
    refunds = world.token(placed, Purpose.REFUND)
    return {
        "browse_catalog": load("browse_catalog", "reviews"),
        "check_voucher": load("check_voucher", "unknown_code"),
        "offer_payment_methods": load("offer_payment_methods", "in_shillings"),
        "request_return": load("request_return", "ask", order_number=number, sku=placed.order.terms.lines[0].sku),
        "serve_customer": load("serve_customer", "write_review_wrong_email", order_number=number),
        "serve_staff": load("serve_staff", "cancel_an_order", order_number=number),
        "receive_stripe_event": stripe_event("charge_refunded"),
        "receive_carrier_event": signed(a_report("in_transit", order_number=number)),
        "track_shipment": load("track_shipment", "in_transit", order_number=number),
        "project_orders": load("project_orders", "order_placed", order_number=number),
        "record_security_events": load("record_security_events", "refusals"),
        "start_checkout": load("start_checkout", "place_order"),
        "retry_payment": load("retry_payment", "pay_again", order_number=number),
        "show_order": load("show_order", "by_number_and_email", order_number=number),
        "receive_stk_callback": load("receive_stk_callback", "paid", token=world.token(placed), **references),
        "receive_daraja_result": load("receive_daraja_result", "timeout", token=refunds, order_number=number),
        "verify_payment": load("verify_payment", "later_check", order_number=number),
        "refund_payment": load("refund_payment", "late_payment", order_number=number),
        "expire_reservations": load("expire_reservations", "every_minute"),
        "heal_failures": load("heal_failures", "every_five_minutes"),
        "relay_events": load("relay_events", "order_placed", order_number=number),
        "archive_events": load("archive_events", "order_placed", order_number=number),
        "anchor_audit": load("anchor_audit", "every_night"),
        "verify_audit": load("verify_audit", "every_night"),
        "notify_customer": load("notify_customer", "order_placed", order_number=number),
    }


EXPECTED: dict[str, object] = {
    "browse_catalog": 200,
    "check_voucher": 422,
    "offer_payment_methods": 200,
    "request_return": 409,
    "serve_customer": 404,
    # Daraja, which cannot be reached here, has to say first that no money can come.
    "serve_staff": 409,
    "receive_stripe_event": 200,
    "receive_carrier_event": 200,
    "start_checkout": 201,
    "retry_payment": 409,
    "show_order": 200,
    "receive_stk_callback": 200,
    "receive_daraja_result": 200,
    "expire_reservations": None,
    "heal_failures": None,
    "anchor_audit": None,
    "verify_audit": None,
}


@pytest.mark.parametrize("function", [path.parent.name for path in sorted((ROOT / "functions").glob("*/app.py"))])
def test_what_the_template_gives_a_function_is_all_it_needs(
    world: World, placed: Placement, bare: pytest.MonkeyPatch, function: str
) -> None:
    event = events(world, placed)[function]
    for name in world.variables.keys() - given(function):
        if not name.startswith("AWS_"):
            bare.delenv(name)
    answer = world.call(function, event)
    if function in EXPECTED:
        assert answer.get("statusCode") == EXPECTED[function], answer
    else:
        assert answer == {"batchItemFailures": []}


def test_without_a_way_to_daraja_an_order_is_placed_and_its_prompt_has_failed(
    world: World, placed: Placement, bare: pytest.MonkeyPatch
) -> None:
    event = load("start_checkout", "place_order")
    event["headers"]["idempotency-key"] = "no way to Daraja"
    body = body_of(world.call("start_checkout", event))
    assert (body["payment"]["status"], body["order"]["status"]) == ("failed", "pending_payment")


@pytest.mark.parametrize("name", ["DARAJA_BASE_URL", "PUBLIC_BASE_URL"])
def test_a_missing_setting_is_named_and_its_value_never_is(bare: pytest.MonkeyPatch, name: str) -> None:
    for wrong in ("", "no-url-with-a-secret"):
        forget()
        forget_all()
        bare.setenv(name, wrong)
        with pytest.raises(SettingsError, match=name) as caught:
            wiring.payment_desk()
        assert "secret" not in str(caught.value)
